"""Search methods, one file each, and how they combine."""

from dartsx.search.methods.table import METHODS, compose

__all__ = ["METHODS", "compose"]
