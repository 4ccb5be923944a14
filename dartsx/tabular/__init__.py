"""Look-ups in published tables of trained networks: NAS-Bench-201 and NAS-Bench-Macro; both ship with the package.

NumPy and pandas only; imports no JAX.
"""

from dartsx.tabular.files import TableError
from dartsx.tabular.macro import MacroTable, load_macro
from dartsx.tabular.nb201 import NB201Table, load_nb201
from dartsx.tabular.random_search import expected_best

__all__ = ["MacroTable", "NB201Table", "TableError", "expected_best", "load_macro", "load_nb201"]
