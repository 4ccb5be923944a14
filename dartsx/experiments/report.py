"""Tables, cells and curves of any number of runs.

``dartsx report --runs='runs/*' --out=runs/report``
"""

from absl import flags

from dartsx.experiments.settings import run_main
from dartsx.experiments.settings.lists import folders

_RUNS = flags.DEFINE_multi_string(
    "runs", None, "work directories or patterns, separated by commas; may be given several times", required=True
)
_OUT = flags.DEFINE_string("out", "report", "folder to write to")


def main(arguments) -> None:
    """Writes the report and prints its table. Further arguments are runs too (a pattern that the shell expanded)."""
    from dartsx.report import write_report

    paths = write_report(folders([*_RUNS.value, *arguments]), _OUT.value)
    print(paths.terminal)
    print(f"report: {paths.html}, {paths.markdown}, {paths.table_latex}, {paths.table_csv}")


if __name__ == "__main__":
    run_main(main, config=None)
