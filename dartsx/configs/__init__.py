"""What to run: each file is data that overrides ``base``, and states its costs and results."""

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent


def names() -> list[str]:
    """Names of the configs, as ``--config`` takes them."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in ("__init__", "base"))
