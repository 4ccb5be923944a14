"""Two finished runs side by side: settings, results, architectures and curves.

``dartsx compare runs/a runs/b --out=compare.html``
"""

from collections.abc import Sequence

from absl import flags

from dartsx.experiments.settings import SettingsError, run_main

_OUT = flags.DEFINE_string("out", "compare.html", "file of the page")


def main(arguments: Sequence[str]) -> None:
    """Writes the page and prints its tables."""
    if len(arguments) != 2:
        given = " ".join(arguments) or "none"
        raise SettingsError(f"two work directories are compared; given: {given}. Example: runs/a runs/b")
    from dartsx.report.compare import write_comparison

    print(write_comparison(*arguments, _OUT.value))
    print(f"page: {_OUT.value}")


if __name__ == "__main__":
    run_main(main, config=None)
