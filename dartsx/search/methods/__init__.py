"""Search methods, one file each, and how they combine."""

from dartsx.search.methods.table import compose

__all__ = ["compose"]
