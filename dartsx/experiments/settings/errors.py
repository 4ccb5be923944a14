"""The error of all wrong settings, and its wording."""

import contextlib
from collections.abc import Iterator

from dartsx.spaces.errors import show


class SettingsError(ValueError):
    """A setting that is not allowed; the message names the field, its value and what is allowed.

    Attributes:
      field: dotted name of the config field, such as ``search.epochs``; None if it is no field.
    """

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.field = field


def wrong(field: str, value: object, problem: str) -> SettingsError:
    """Return the error ``--config.FIELD=VALUE: PROBLEM``."""
    return SettingsError(f"--config.{field}={show(value)}: {problem}", field)


@contextlib.contextmanager
def blame(field: str, value: object, *kinds: type[Exception]) -> Iterator[None]:
    """Turn errors raised inside into SettingsErrors of a field.

    Example: ``with blame("dataset.name", name): load_dataset(name)``.

    Args:
      field: dotted name of the config field.
      value: what it was set to.
      kinds: the errors to turn; ValueError, MemoryError and FileNotFoundError if none is given.
    """
    expected = kinds or (ValueError, MemoryError, FileNotFoundError)
    try:
        yield
    except SettingsError:
        raise
    except expected as error:
        raise wrong(field, value, str(error)) from error
