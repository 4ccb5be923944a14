"""What to run: each file is data, most of it as differences from ``base``; docstrings say what is known of costs."""

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent


def names() -> list[str]:
    """Names of the configs, as ``--config`` takes them."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in ("__init__", "base"))
