"""Tables, cells and curves of any number of runs.

``python -m experiments.report --runs='runs/*' --out=runs/report``
"""

import glob

from absl import flags

from experiments.settings import run_main

_RUNS = flags.DEFINE_list("runs", None, "work directories or patterns, separated by commas", required=True)
_OUT = flags.DEFINE_string("out", "report", "folder to write to")


def main(arguments) -> None:
    """Writes the report and prints its table. Further arguments are runs too (a pattern that the shell expanded)."""
    from dartsx.report import write_report

    patterns = [*_RUNS.value, *arguments]
    folders = [path for pattern in patterns for path in sorted(glob.glob(pattern)) or [pattern]]
    paths = write_report(folders, _OUT.value)
    print(paths.terminal)
    print(f"report: {paths.html}, {paths.markdown}, {paths.table_latex}, {paths.table_csv}")


if __name__ == "__main__":
    run_main(main, config=None)
