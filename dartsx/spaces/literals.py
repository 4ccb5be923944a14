"""Python's notation of dictionaries, lists and tuples, as other projects print genotypes, read as JSON's values.

The text is parsed and nothing in it is evaluated: besides literals only ``range``, ``list``, ``tuple`` and ``dict`` of
literals are understood.
"""

import ast
from collections.abc import Mapping
from typing import Any

from dartsx.spaces.errors import GenotypeError
from dartsx.spaces.genotype import MAX_NODE

_MAX_CHARACTERS = 1_000_000


class _Unreadable(ValueError):
    """What the notation is not read for; says where it stands."""


def literal(text: str, origin: str) -> Any:
    """Return the value that the text writes: dictionaries, lists (tuples too), strings, numbers, None.

    Raises GenotypeError: it is no such notation, or holds anything else.
    """
    if len(text) > _MAX_CHARACTERS:
        raise GenotypeError(f"{origin}: longer than the {_MAX_CHARACTERS} characters allowed")
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except _Unreadable as error:
        raise GenotypeError(f"{origin}, {error}") from None
    except SyntaxError as error:
        raise GenotypeError(f"{origin}, line {error.lineno}: neither JSON nor Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise GenotypeError(f"{origin}: neither JSON nor Python that is read: damaged or nested too deeply") from None


def _value(node: ast.expr) -> Any:
    read = _READERS.get(type(node))
    if read is None:
        raise _unreadable(node)
    return read(node)


def _unreadable(node: ast.expr) -> _Unreadable:
    return _Unreadable(f"line {node.lineno}, column {node.col_offset + 1}: only literals, list and range are read here")


def _constant(node: ast.Constant) -> Any:
    if not isinstance(node.value, str | int | float | None):
        raise _unreadable(node)
    return node.value


def _items(node: ast.List | ast.Tuple) -> list:
    return [_value(item) for item in node.elts]


def _dictionary(node: ast.Dict) -> dict:
    if any(not isinstance(key, ast.Constant) for key in node.keys):
        raise _unreadable(node)
    keys = [str(key.value) for key in node.keys]
    if len(set(keys)) < len(keys):
        raise _Unreadable(f"line {node.lineno}, column {node.col_offset + 1}: a key is given twice")
    return dict(zip(keys, map(_value, node.values), strict=True))


def _call(node: ast.Call) -> Any:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "dict" and not node.args and all(keyword.arg for keyword in node.keywords):
        return {keyword.arg: _value(keyword.value) for keyword in node.keywords}
    arguments = [_value(argument) for argument in node.args]
    if name in ("list", "tuple", "OrderedDict", "dict") and len(arguments) == 1 and not node.keywords:
        wanted = Mapping if name.lower().endswith("dict") else list
        if isinstance(arguments[0], wanted):
            return arguments[0]
    if name == "range" and 1 <= len(arguments) <= 2 and all(type(a) is int for a in arguments) and not node.keywords:
        nodes = range(*arguments)
        if len(nodes) <= MAX_NODE:
            return list(nodes)
    raise _unreadable(node)


_READERS = {
    ast.Constant: _constant,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Dict: _dictionary,
    ast.Call: _call,
}
