"""The rules of the house: who imports whom, and what importing costs."""

import ast
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What each part may import of the project. Nothing imports experiments, which hold the commands and may import all.
COMMANDS = ("experiments", "configs", "__main__")
ALLOWED = {
    "catalog": set(),
    "spaces": {"networks"},
    "optim": set(),
    "progress": set(),
    "data": {"catalog", "progress"},
    "losses": set(),
    "feeds": {"data", "losses", "runtime"},
    "runtime": {"progress"},
    "networks": {"catalog"},
    "kernels": {"catalog", "networks"},
    "nn": {"catalog", "spaces", "networks", "kernels"},
    "cost": {"catalog", "spaces", "networks", "kernels", "nn", "runtime"},
    "search": {"catalog", "spaces", "kernels", "nn", "cost", "data", "feeds", "losses", "runtime", "optim", "progress"},
    "retrain": {"kernels", "nn", "feeds", "losses", "runtime", "optim"},
    "detection": {"catalog", "losses", "networks"},
    "tasks": {"data", "detection", "feeds", "losses", "networks"},
    "report": {"catalog", "networks", "spaces", "cost", "progress"},
    "export": {"catalog", "networks", "spaces", "nn", "data", "runtime"},
    "tabular": {"spaces"},
    "objectives": {
        "catalog",
        "spaces",
        "networks",
        "kernels",
        "nn",
        "cost",
        "tabular",
        "data",
        "search",
        "feeds",
        "losses",
        "retrain",
        "runtime",
        "tasks",
        "optim",
    },
    "strategies": {"catalog", "spaces", "cost", "objectives", "search", "runtime"},
}


def _imports(path: pathlib.Path) -> set[str]:
    """Dotted names that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _parts() -> dict[str, list[pathlib.Path]]:
    parts = {}
    for path in sorted((ROOT / "dartsx").iterdir()):
        if path.is_dir() and path.name != "__pycache__":
            parts[path.name] = sorted(path.rglob("*.py"))
        elif path.suffix == ".py" and path.name != "__init__.py":
            parts[path.stem] = [path]
    return parts


def test_every_part_has_a_rule():
    assert set(_parts()) == {*ALLOWED, *COMMANDS}


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_imports_go_one_way(part):
    for path in _parts()[part]:
        for name in _imports(path):
            head, *rest = name.split(".")
            assert head not in ("experiments", "configs", "benchmarks", "tests"), f"{path}: {name}"
            assert head != "dartsx" or rest[0] in ALLOWED[part] | {part}, f"{path}: {name}"


def test_spaces_import_nothing_but_numpy_and_the_standard_library():
    for path in _parts()["spaces"]:
        heads = {name.split(".")[0] for name in _imports(path)} - {"dartsx", "numpy"}
        assert heads <= set(sys.stdlib_module_names), f"{path}: {heads - set(sys.stdlib_module_names)}"


@pytest.mark.parametrize("part", ["catalog", "networks"])
def test_descriptions_import_nothing_but_the_standard_library(part):
    for path in _parts()[part]:
        heads = {name.split(".")[0] for name in _imports(path)} - {"dartsx"}
        assert heads <= set(sys.stdlib_module_names), f"{path}: {heads - set(sys.stdlib_module_names)}"


def test_one_file_of_what_computes_asks_for_the_backend():
    computing = [path for part in ("kernels", "nn", "cost", "search", "retrain") for path in _parts()[part]]
    asking = [path.relative_to(ROOT).as_posix() for path in computing if "default_backend" in path.read_text()]
    assert asking == ["dartsx/kernels/choice.py"]


def test_config_dicts_stop_at_experiments():
    for path in (ROOT / "dartsx").rglob("*.py"):
        if path.relative_to(ROOT / "dartsx").parts[0] not in COMMANDS:
            assert not any(name.startswith("ml_collections") for name in _imports(path)), path


@pytest.mark.parametrize("folder", ["experiments", "configs"])
def test_short_names_in_the_checkout_lead_into_the_package(folder):
    """``python -m experiments.search`` and ``configs/cifar10.py`` stand for what is shipped, which needs neither."""
    assert (ROOT / folder).resolve() == ROOT / "dartsx" / folder
    for path in (ROOT / "dartsx" / folder).rglob("*.py"):
        assert not {name.split(".")[0] for name in _imports(path)} & {"experiments", "configs", "benchmarks", "tests"}


NO_JAX = [
    "dartsx",
    "dartsx.catalog",
    "dartsx.spaces",
    "dartsx.networks",
    "dartsx.cost",
    "dartsx.tabular",
    "dartsx.objectives",
    "dartsx.strategies",
    "dartsx.experiments.settings",
    "dartsx.experiments.commands",
]


@pytest.mark.parametrize("module", NO_JAX)
def test_importing_imports_no_jax(module):
    code = f"import sys, {module}; sys.exit(any(name.split('.')[0] in ('jax', 'flax') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("folder", ["dartsx", "benchmarks", "examples", "tests"])
def test_sources_are_ascii(folder):
    for path in (ROOT / folder).rglob("*.py"):
        assert path.read_bytes().isascii(), path


# Who asks for one of these by its type has to be told of every new space, architecture and network. What differs is
# asked through their protocols, and `dartsx.nn.build` and `dartsx.nn.derived` choose modules by name.
CLOSED_TO_SWITCHES = {
    *("CellSpace", "RestrictedSpace", "TopologySpace", "DescribedSpace", "Space", "CellGraph"),
    *("Genotype", "Topology", "Choices", "Architecture"),
    *("Network", "CellNetwork", "TopologyNetwork", "DescribedNetwork"),
    *("Supernet", "TopologySupernet", "OpenSupernet"),
}
# Attributes that only some of them have, and that protocols ask for instead.
ASKED_BY_PROTOCOL = {"edges_kept", "choices", "cells", "normal", "reduce", "build", "build_cell", "concat", "graph"}


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {
        part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)
    }


def _switches(tree: ast.AST) -> list[int]:
    """Lines that ask for the type, or for the attributes, of a space, an architecture or a network."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)) or len(node.args) < 2:
            continue
        asked = node.args[1]
        if node.func.id in ("isinstance", "issubclass") and _names(asked) & CLOSED_TO_SWITCHES:
            found.append(node.lineno)
        if node.func.id in ("hasattr", "getattr") and getattr(asked, "value", None) in ASKED_BY_PROTOCOL:
            found.append(node.lineno)
    return found


def test_nobody_switches_on_the_type_of_a_space_an_architecture_or_a_network():
    found = {path: _switches(ast.parse(path.read_text())) for path in (ROOT / "dartsx").rglob("*.py")}
    assert not {str(path): lines for path, lines in found.items() if lines}


@pytest.mark.parametrize(
    "code", ["isinstance(g, Topology)", "isinstance(s, (int, spaces.CellSpace))", "hasattr(space, 'edges_kept')"]
)
def test_a_switch_is_found(code):
    assert _switches(ast.parse(code))


@pytest.mark.parametrize("folder", ["dartsx", "benchmarks", "examples"])
def test_docstrings_say_what_an_attribute_is(folder):
    # "momentum: momentum of the weight optimiser", not "momentum: of the weight optimiser".
    for path in (ROOT / folder).rglob("*.py"):
        found = re.findall(r"^ +\*{0,2}\w+(?:, \w+)*: of .*", path.read_text(), re.MULTILINE)
        assert not found, f"{path}: {found}"
