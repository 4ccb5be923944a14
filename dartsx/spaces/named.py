"""The one table from a search space's name to the space; spaces of a user's own are found by module and attribute."""

import importlib
import importlib.util
import pathlib
import sys
from types import ModuleType

from dartsx.spaces.cell_space import CellSpace
from dartsx.spaces.digit_chain import digit_chain
from dartsx.spaces.errors import SpaceError, unknown
from dartsx.spaces.nb201 import NB201
from dartsx.spaces.robust_darts import S1, S2, S3, S4
from dartsx.spaces.space import Space

SPACES: dict[str, Space] = {
    "darts": CellSpace(),
    "nb201": NB201,
    "s1": S1,
    "s2": S2,
    "s3": S3,
    "s4": S4,
    "digit_chain": digit_chain,
}


def named_space(name: str) -> Space:
    """Return the space of this name, or a user's own as ``module:attribute``.

    The module is a file ``module.py`` in the working directory, or any that can be imported.

    Raises SpaceError, in one line, if there is none.
    """
    module, _, attribute = name.partition(":")
    if attribute:
        return _own(module, attribute)
    if name not in SPACES:
        raise SpaceError(f"{unknown('space', name, SPACES)}, or module:attribute of your own")
    return SPACES[name]


def _own(module: str, attribute: str) -> Space:
    try:
        space = getattr(_module(module), attribute)
    except Exception as error:  # the user's own code may fail in any way
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise SpaceError(f"space {module}:{attribute} cannot be loaded: {reason}") from error
    try:
        _ = space.decisions, space.alpha_shapes, space.sample
    except AttributeError:
        raise SpaceError(f"{module}:{attribute} is a {type(space).__name__}, not a space") from None
    return space


def _module(name: str) -> ModuleType:
    """A module, imported once; a file beside the command goes before all others."""
    path = pathlib.Path(f"{name}.py").resolve()
    if name in sys.modules or not path.is_file():
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
