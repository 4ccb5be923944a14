"""From the value of --config to a ConfigDict."""

import importlib.util
import json
import pathlib
from typing import Any

from ml_collections import ConfigDict

import configs
from configs.base import base
from dartsx.catalog.rules import did_you_mean
from experiments.settings.errors import SettingsError

PACKAGED = pathlib.Path(configs.__file__).resolve().parent


def load_config(given: str) -> ConfigDict:
    """Load a config file.

    Args:
      given: a Python file with ``get_config``; what follows a ':' is the argument of that function.
        Or a JSON file, such as the ``config.json`` of a work directory: what its run did not read,
        and so left out, is as in ``configs/base.py``. ``configs/NAME.py`` that is
        not there is taken from the project's own configs.

    Returns:
      The config, locked.

    Raises:
      SettingsError: if there is no such file, or it gives no config.
    """
    name, colon, argument = given.partition(":")
    path = _find(name)
    if path.suffix == ".json":
        config = _from_json(path)
    else:
        config = _from_python(path, given, [argument] if colon else [])
    if not isinstance(config, ConfigDict):
        found = type(config).__name__
        raise SettingsError(f"--config={given}: must give a ConfigDict, not {found}")
    return config.lock()


def _find(name: str) -> pathlib.Path:
    path = pathlib.Path(name).expanduser()
    if path.is_file():
        return path
    own = PACKAGED / path.name
    if own.is_file() and str(path.parent) in (".", "configs"):
        return own
    hidden = ("__init__.py", "base.py")
    have = sorted(file.name for file in PACKAGED.glob("*.py") if file.name not in hidden)
    raise SettingsError(
        f"--config={name}: no such file; {did_you_mean(path.name, have)}the project has configs/ with {', '.join(have)}"
    )


def _from_python(path: pathlib.Path, given: str, arguments: list[str]) -> Any:
    spec = importlib.util.spec_from_file_location("loaded_config", path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"--config={given}: must be a Python file (.py) or a JSON file (.json)")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        return module.get_config(*arguments)
    except Exception as error:  # the file is the user's and may raise anything
        raise SettingsError(f"--config={given}: {type(error).__name__} in the config file: {error}") from error


def _from_json(path: pathlib.Path) -> Any:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingsError(f"--config={path}: no valid JSON: {error}") from None
    return ConfigDict(base().to_dict() | _tuples(plain)) if isinstance(plain, dict) else plain


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
