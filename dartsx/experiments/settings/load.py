"""From the value of --config to a ConfigDict."""

import contextlib
import importlib.util
import json
import pathlib
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ml_collections import ConfigDict

from dartsx import configs
from dartsx.catalog import SCHEMA, SCHEMA_KEY, completed, written_by_a_run
from dartsx.catalog.rules import did_you_mean
from dartsx.configs.base import base
from dartsx.experiments.settings.errors import SettingsError


def load_config(given: str, default: str = "") -> ConfigDict:
    """Load a config file.

    Args:
      given: name of a config in ``dartsx/configs``, or a Python file with ``get_config``; what follows the last
        ':' is the argument of that function. Or a JSON file with all or some of the fields; the others are as in
        ``default``. Or the ``config.json`` of a run: fields that came later are as before (see
        `dartsx.catalog.completed`), groups that the run did not read as in `dartsx.configs.base`.
        ``configs/NAME.py`` stands for NAME where there is no such file.
      default: the config, in the project's own, that completes a part; empty for `dartsx.configs.base`.

    Returns:
      The config, locked.

    Raises:
      SettingsError: if there is no such file, or it gives no config.
    """
    name, argument = split_source(given)
    path = _find(name)
    if path.suffix == ".json":
        config = _from_json(path, default)
    else:
        config = _from_python(path, given, [argument] if argument is not None else [])
    if not isinstance(config, ConfigDict):
        found = type(config).__name__
        raise SettingsError(f"--config={given}: must give a ConfigDict, not {found}")
    return config.lock()


def split_source(given: str) -> tuple[str, str | None]:
    """Name or path, and argument, of a config: a colon is a mark behind a name or ``.py``, unless a file has it."""
    path, colon, argument = given.rpartition(":")
    named = path.isidentifier() and not set(argument) & set("/\\")
    if not colon or not (named or path.endswith(".py")) or pathlib.Path(given).expanduser().is_file():
        return given, None
    return path, argument


def _find(name: str) -> pathlib.Path:
    path = pathlib.Path(name).expanduser()
    if path.is_file():
        return path
    own = configs.FOLDER / f"{path.name.removesuffix('.py')}.py"
    if own.is_file() and str(path.parent) in (".", "configs"):
        return own
    have = configs.names()
    raise SettingsError(
        f"--config={name}: no such file; {did_you_mean(path.stem, have)}dartsx has the configs {', '.join(have)}"
    )


def config_function(given: str, name: str) -> Callable[[], Any] | None:
    """A function that the Python file of a config defines beside ``get_config``; None if it has none.

    Raises:
      SettingsError: the file cannot be loaded.
    """
    path = _find(split_source(given)[0])
    if path.suffix == ".json":
        return None
    found = getattr(_module(path, given), name, None)

    def call() -> Any:
        with _told_of(given):
            return found()

    return None if found is None else call


def _from_python(path: pathlib.Path, given: str, arguments: list[str]) -> Any:
    module = _module(path, given)
    with _told_of(given):
        return module.get_config(*arguments)


def _module(path: pathlib.Path, given: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("loaded_config", path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"--config={given}: must be a Python file (.py) or a JSON file (.json)")
    module = importlib.util.module_from_spec(spec)
    with _told_of(given):
        spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _told_of(given: str) -> Iterator[None]:
    """Names the config file in whatever its code raises."""
    try:
        yield
    except Exception as error:  # the file is the user's and may raise anything
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        instead = f"; write dartsx.{missing}" if missing in ("configs", "experiments") else ""
        problem = f"{type(error).__name__} in the config file: {error}{instead}"
        raise SettingsError(f"--config={given}: {problem}") from error


def _from_json(path: pathlib.Path, default: str) -> Any:
    try:
        # json finds the encoding: UTF-8 with or without a byte order mark, UTF-16 and UTF-32.
        given = json.loads(path.read_bytes(), object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"--config={path}: no valid JSON: {error}") from None
    except OSError as error:
        raise SettingsError(f"--config={path}: cannot be read: {error.strerror}") from None
    if not isinstance(given, dict):
        return given
    if not written_by_a_run(given):
        whole = load_config(str(configs.FOLDER / default)) if default else base()
        return _config(path, _merged(whole.to_dict(), given))
    schema = given.get(SCHEMA_KEY, SCHEMA)
    if type(schema) is not int or schema > SCHEMA:
        raise SettingsError(f"--config={path}: schema {schema!r} is of another version; this one reads up to {SCHEMA}")
    return _config(path, _merged(base().to_dict(), completed(given)))


def config_from(values: Mapping[str, Any]) -> ConfigDict:
    """A whole config from its plain JSON, in which tuples are lists."""
    return ConfigDict(_tuples(values)).lock()


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is given twice")
    return result


def _merged(default: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The default with what is given in its place; groups are merged field by field."""
    result = dict(default)
    for name, value in given.items():
        groups = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _merged(result[name], value) if groups else _tuples(value)
    return result


def _config(path: pathlib.Path, values: dict[str, Any]) -> ConfigDict:
    try:
        return ConfigDict(values)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SettingsError(f"--config={path}: no config: {error}") from None


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
