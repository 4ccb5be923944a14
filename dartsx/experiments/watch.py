"""A page of the runs that are going on: how far they are, their curves, what they would derive, the time left.

``dartsx watch runs/``, then http://127.0.0.1:8787 in a browser on this machine; Ctrl-C ends it. From elsewhere:
``ssh -L 8787:127.0.0.1:8787 HOST``.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from dartsx.experiments.settings import SettingsError, run_main
from dartsx.experiments.settings.lists import folders

_PORT = flags.DEFINE_integer(
    "port", 8787, "port on the loopback address; 0: a free one", lower_bound=0, upper_bound=65535
)


def main(arguments: Sequence[str]) -> None:
    """Serves the page until Ctrl-C."""
    watched = [pathlib.Path(name) for name in folders(arguments)]
    missing = [str(path) for path in watched if not path.is_dir()]
    if missing or not watched:
        given = f"no such folder: {', '.join(missing)}" if missing else "no folder given"
        raise SettingsError(f"{given}; name work directories, or folders that hold some, such as runs/")
    from dartsx.report.server import ADDRESS, open_server
    from dartsx.report.watching import watch_page

    with open_server(lambda run: watch_page(watched, run), _PORT.value) as server:
        place = f"http://{ADDRESS}:{server.server_address[1]}"
        try:
            print(f"{place} shows {', '.join(map(str, watched))}; Ctrl-C ends it", flush=True)
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nended; the runs go on")


if __name__ == "__main__":
    run_main(main, config=None)
