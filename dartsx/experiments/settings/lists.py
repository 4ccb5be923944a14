"""Lists on a command line: separated by commas, unless a comma belongs to the name of something that exists."""

import glob
import os
from collections.abc import Callable, Iterable


def listed(text: str, exists: Callable[[str], bool] = os.path.exists) -> list[str]:
    """Split at commas; of pieces that together name something that exists, as many as can be stay together.

    Args:
      text: such as ``runs/a,runs/b``.
      exists: whether a name, its commas included, is that of something.
    """
    pieces, names = text.split(","), []
    while pieces:
        ends = range(len(pieces), 1, -1)
        end = next((end for end in ends if exists(",".join(pieces[:end]).strip())), 1)
        names.append(",".join(pieces[:end]).strip())
        del pieces[:end]
    return [name for name in names if name]


def folders(given: Iterable[str]) -> list[str]:
    """Paths that lists of paths and patterns stand for; what exists under a name is no pattern."""
    names = [name for text in given for name in listed(text, lambda name: bool(_found(name)))]
    return [path for name in names for path in _found(name) or [name]]


def _found(name: str) -> list[str]:
    return [name] if os.path.exists(name) else sorted(glob.glob(name))
