"""Seeds on the command line."""

import re

from dartsx.experiments.settings.errors import SettingsError


def read_seeds(text: str) -> list[int]:
    """Seeds from ``0:3`` or ``0,2,5``.

    Raises:
      SettingsError: it is neither, or names no seed.
    """
    if match := re.fullmatch(r"(\d+):(\d+)", text):
        seeds = list(range(int(match[1]), int(match[2])))
    else:
        seeds = [int(part) for part in text.split(",")] if re.fullmatch(r"\d+(,\d+)*", text) else []
    if not seeds or len(set(seeds)) < len(seeds):
        raise SettingsError(f"--seeds={text}: must be first:end, such as 0:3, or different numbers such as 0,2")
    return seeds
