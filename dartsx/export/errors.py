"""The one error of exports."""

import importlib
from types import ModuleType

from dartsx.catalog import how_to_install


class ExportError(ValueError):
    """A network that cannot be exported as asked, or an export that cannot be read; says what and why."""


def installed(module: str, purpose: str, extra: str = "export") -> ModuleType:
    """Imports a package that only exports need, and that the project's extra of this name brings.

    Raises:
      ExportError: it is not installed; says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ExportError(f"{purpose} needs {module}: {how_to_install(extra)}") from None
