"""How to install what only some commands need: the extras of the package, which ``setup.cfg`` declares."""


def how_to_install(extra: str) -> str:
    """Return what to run for an extra; no package index has dartsx, so that its name alone installs nothing."""
    return f"pip install -e '.[{extra}]' in a checkout, pip install 'WHEEL[{extra}]' with dartsx from the file WHEEL"
