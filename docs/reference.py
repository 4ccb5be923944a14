"""The references: every field and option with its default, its bounds and its meaning, from where they are declared.

``dartsx/catalog`` declares the options of methods and strategies; ``dartsx/experiments/settings/groups.py`` the type
and the bounds of each field of a config; ``dartsx/configs/base.py`` the defaults, with a comment that says what a field
means.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
import pathlib
import tokenize
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from dartsx.catalog import METHODS, STRATEGIES, Option
from dartsx.catalog.rules import Rule, rule_of
from dartsx.configs import base as defaults
from dartsx.experiments.commands import GROUPS
from dartsx.experiments.settings.groups import Config

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANY = "any"


def pages() -> dict[str, str]:
    """Markdown by the name of its file inside the site."""
    written = (commands_page, configs_page, methods_page, strategies_page)
    return {
        **{f"reference/{page.__name__.removesuffix('_page')}.md": page() for page in written},
        **{f"reference/api/{part}.md": f"# dartsx.{part}\n\n::: dartsx.{part}\n" for part in parts()},
    }


def parts() -> list[str]:
    """The packages and modules of the library directly below ``dartsx``; commands and their configs are none."""
    folder = ROOT / "dartsx"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")} - {"configs", "experiments"}
    return sorted(packages | {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")})


def commands_page() -> str:
    """Every command with an example."""
    parts = ["# Commands", "`dartsx --help` prints this list, and `dartsx COMMAND --help` the flags of a command."]
    for title, commands in GROUPS.items():
        rows = [
            (f"`dartsx {name}`", command.summary, f"`dartsx {name} {command.example}`" if command.example else "")
            for name, command in commands.items()
        ]
        parts += [f"## {title}", table(("command", "does", "for example"), rows)]
    return "\n\n".join(parts) + "\n"


def configs_page() -> str:
    """Every field of a config."""
    said = meanings()
    groups: dict[str, list[tuple[str, ...]]] = {}
    for field, value, kind, allowed in fields():
        group = field.partition(".")[0] if "." in field else "experiment"
        groups.setdefault(group, []).append((f"`{field}`", f"`{value!r}`", _joined(kind, allowed), said.get(field, "")))
    parts = [
        "# Fields of a config",
        "Every field is set by `--config.FIELD=VALUE`. The defaults are those of `dartsx/configs/base.py`, the "
        "CIFAR-10 experiment of DARTS; the other configs override some of them, and the settings of a "
        "[method's paper](methods.md) others. The options of methods, `methods.NAME.OPTION`, stand "
        "[there](methods.md).",
    ]
    for group, rows in groups.items():
        parts += [f"## {group}", table(("field", "default", "allowed", "meaning"), rows)]
    return "\n\n".join(parts) + "\n"


def fields() -> Iterator[tuple[str, Any, str, str]]:
    """Name, default, type and bounds of every field of a config but the options of methods."""
    yield from _fields(Config, defaults.base(), "")


def _fields(group: type, values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any, str, str]]:
    hints = typing.get_type_hints(group)
    for field in dataclasses.fields(group):
        name, kind = f"{path}{field.name}", hints[field.name]
        if name == "methods":
            continue
        if dataclasses.is_dataclass(kind):
            yield from _fields(kind, values[field.name], f"{name}.")
        else:
            yield name, values[field.name], _type(kind), bounds(rule_of(field), values[field.name])


def _type(kind: Any) -> str:
    if isinstance(kind, types.UnionType):  # None stands for the config's 0 or empty text
        (kind,) = (each for each in typing.get_args(kind) if each is not type(None))
    return kind.__name__ if isinstance(kind, type) and not typing.get_args(kind) else str(kind)


def bounds(rule: Rule | None, default: Any) -> str:
    """What values are allowed, in words: what the rule would say of a value that is not."""
    if rule is None:
        return ANY
    said = rule.problem("?" if isinstance(default, str) else None)
    for prefix in ("not allowed; choose one of ", "must be "):
        said = said.removeprefix(prefix)
    return said.replace("every value must be", "each")


def _joined(kind: str, allowed: str) -> str:
    return kind if allowed == ANY else f"{kind}: {allowed}"


def meanings() -> dict[str, str]:
    """Dotted name of a field -> the comment beside it in ``dartsx/configs/base.py``."""
    source = inspect.getsource(defaults)
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    tree = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    whole = next(node for node in ast.walk(tree["base"]) if isinstance(node, ast.Dict) and _has(node, "seed"))
    return dict(_commented(whole, tree, comments, ""))


def _has(node: ast.Dict, key: str) -> bool:
    return any(isinstance(each, ast.Constant) and each.value == key for each in node.keys)


def _commented(node: ast.Dict, tree: dict, comments: dict, path: str) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") in tree:  # a group with a function of its own
            (returned,) = (each.value for each in tree[value.func.id].body if isinstance(each, ast.Return))
            yield from _commented(returned, tree, comments, f"{path}{key.value}.")
        elif isinstance(value, ast.Dict):
            yield from _commented(value, tree, comments, f"{path}{key.value}.")
        elif isinstance(key, ast.Constant) and key.lineno in comments:
            yield f"{path}{key.value}", comments[key.lineno]


def methods_page() -> str:
    """Every search method with its options and what its paper sets."""
    parts = [
        "# Methods and their options",
        "What each method changes, and where it is published: [Methods](../methods.md). A config file followed by "
        "`:NAME` takes the settings of the paper, which are fields below `search`; everything else stays as in the "
        "config.",
    ]
    for name, method in METHODS.items():
        parts.append(f"## {name}")
        if method.decides:
            parts.append(f"Decides: {', '.join(method.decides)}.")
        parts.append(_options(method.options, f"methods.{name}."))
        if method.paper or method.left_out:
            values = [f"`search.{field}={value}`" for field, value in method.paper.items()]
            values += [f"no `{primitive}` among the primitives" for primitive in method.left_out]
            parts.append(f"Settings of the paper: {', '.join(values)}.")
        if method.first_order:
            parts.append(f"Only `hypergradient=first_order` has a meaning: the method {method.first_order}.")
        for other, reason in method.meaningless.items():
            parts.append(f"Not with `{other}`: {reason}.")
    return "\n\n".join(filter(None, parts)) + "\n"


def strategies_page() -> str:
    """Every strategy with its options."""
    parts = [
        "# Strategies and their options",
        "What each strategy does: [Strategies and objectives](../strategies.md). Options are given by `--options=`, "
        "or to `dartsx.strategies.make_strategy`.",
    ]
    for name, strategy in STRATEGIES.items():
        several = "Weighs several numbers." if strategy.several else "Looks at the first number only."
        parts += [f"## {name}", several, _options(strategy.options, "")]
    return "\n\n".join(filter(None, parts)) + "\n"


def _options(options: Mapping[str, Option], path: str) -> str:
    rows = [
        (
            f"`{path}{name}`",
            f"`{option.default!r}`",
            _joined(type(option.default).__name__, bounds(option.rule, option.default)),
            option.meaning,
        )
        for name, option in options.items()
    ]
    return table(("option", "default", "allowed", "meaning"), rows) if rows else ""


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    cells = [[_escaped(cell) for cell in row] for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _escaped(cell: str) -> str:
    cell = cell.replace("|", "\\|")
    return cell if cell.startswith("`") else cell.replace("<", "&lt;")
