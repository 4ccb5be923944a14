"""From command line arguments to a config: --config=FILE and --config.FIELD=VALUE."""

import dataclasses
import re
from collections.abc import Iterator, Sequence

from absl import flags
from ml_collections import ConfigDict, config_flags

from dartsx import configs
from dartsx.catalog.rules import did_you_mean
from dartsx.experiments.settings.errors import SettingsError, wrong
from dartsx.experiments.settings.load import load_config
from dartsx.experiments.settings.read import TYPE_NAMES

DEFAULT = "digits.py"
_OVERRIDE = re.compile(r"--?(?:no)?config\.([^=]*)")


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """What a command line says.

    Attributes:
      config: the config with all overrides, locked.
      source: value of ``--config``.
      overridden: dotted names of the fields set on the command line.
      rest: program name and arguments that do not concern the config.
    """

    config: ConfigDict
    source: str
    overridden: tuple[str, ...]
    rest: tuple[str, ...]

    def origin(self, field: str) -> str:
        """Say where the value of a field comes from."""
        return "the command line" if field in self.overridden else self.source


def parse_config(argv: Sequence[str], default: str = DEFAULT) -> CommandLine:
    """Read the config and its overrides.

    Args:
      argv: program name and arguments, as ``sys.argv``. ``--config`` may stand anywhere.
      default: file name of the project's config that is used where none is given.

    Raises:
      SettingsError: for a config that cannot be loaded, unknown fields and values of a wrong type.
    """
    source, rest = _take_source(argv, str(configs.FOLDER / default))
    config = load_config(source, default)
    before_end = rest[: rest.index("--")] if "--" in rest else rest
    overridden = tuple(_check_override(config, argument) for argument in overrides(before_end))
    values = flags.FlagValues()
    values.set_gnu_getopt(True)  # overrides may follow arguments of other flags
    config_flags.DEFINE_config_dict("config", config, flag_values=values, sys_argv=rest)
    try:
        rest = values(rest, known_only=True)
    except flags.Error as error:
        raise _wrong_value(error, config) from None
    return CommandLine(config, source, overridden, tuple(rest))


def overrides(argv: Sequence[str]) -> list[str]:
    """Those of a command line's arguments that set fields of the config."""
    return [argument for argument in argv[1:] if _OVERRIDE.match(argument)]


def flat_fields(config: ConfigDict) -> dict[str, type]:
    """Dotted name of every field that is no group -> type of its value."""
    return dict(_fields(config))


def _take_source(argv: Sequence[str], default: str) -> tuple[str, list[str]]:
    source, rest, arguments = default, [argv[0]], iter(argv[1:])
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name in ("--config", "-config"):
            source = value if equals else next(arguments, "")
        else:
            rest.append(argument)
        if argument == "--":
            rest.extend(arguments)
    return source, rest


def _check_override(config: ConfigDict, argument: str) -> str:
    """Return the dotted name of the field that an override sets."""
    name = _OVERRIDE.match(argument)[1]
    known = flat_fields(config)
    if name not in known:
        raise SettingsError(f"{argument}: {_no_field(config, name)}", name)
    if argument.lstrip("-").startswith("no") and known[name] is not bool:
        raise SettingsError(f"{argument}: only a field that is True or False takes --no", name)
    return name


def _no_field(config: ConfigDict, name: str) -> str:
    """What to say of a name that no field has."""
    known = flat_fields(config)
    group, parts = config, name.split(".")
    while parts and isinstance(group.get(parts[0]), ConfigDict):
        group = group[parts.pop(0)]
    if not parts:
        return f"is a group; set one of its fields: {', '.join(f'{name}.{key}' for key in group)}"
    same_end = [field for field in known if field.split(".")[-1] == parts[-1]]
    hint = did_you_mean(name, same_end) or (
        f"did you mean {' or '.join(same_end)}? " if same_end else did_you_mean(name, known)
    )
    return f"no field {'.'.join(parts)!r}; {hint}there are {', '.join(group)}"


def _fields(config: ConfigDict, path: str = "") -> Iterator[tuple[str, type]]:
    for name, value in config.items():
        if isinstance(value, ConfigDict):
            yield from _fields(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", type(value)


def _wrong_value(error: flags.Error, config: ConfigDict) -> SettingsError:
    """Say in our words what absl found: ``flag --config.FIELD=VALUE: reason``."""
    match = re.match(r"flag --config\.([\w.]+)=(.*)", str(error), re.DOTALL)
    if not match:
        return SettingsError(str(error))
    name, value = match[1], match[2].removesuffix(f": {error.__context__}")
    return wrong(name, value, f"must be {TYPE_NAMES[flat_fields(config)[name]]}")
