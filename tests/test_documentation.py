"""README.md and docs/: every block of Python runs, every command line is read by its program, some commands run."""

import configparser
import json
import lzma
import os
import pathlib
import re
import runpy
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from documentation import ROOT, Block, blocks, commands, pages
from PIL import Image

from dartsx.catalog import METHODS, STRATEGIES
from dartsx.configs.base import base
from dartsx.experiments.commands import COMMANDS
from dartsx.experiments.settings.command_line import flat_fields
from dartsx.search import Task, compose
from docs import reference

BLOCKS = [block for page in pages() for block in blocks(page)]
WITH_PYTHON = sorted({block.page for block in BLOCKS if block.runs})
# Programs that are no entry points of the project, and what is held of them.
OTHERS = ("pip", "pytest", "mkdocs", "jupytext", "git", "cd", "python3", ".", "python")
FILE = r"\b(?:configs|benchmarks/results|dartsx|examples|experiments|tests)/[\w./-]+\.\w+"
BEFORE = ("srun", "sbatch")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, from which modules are imported; what a page declares ends with its test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    known, methods = set(sys.modules), dict(METHODS)
    yield tmp_path
    METHODS.clear()
    METHODS.update(methods)
    for name in set(sys.modules) - known:  # the files of a page are modules of this folder alone
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def run_page(folder, quick_jit, monkeypatch):
    """Runs the Python of a page, a block after the other in one folder; gives the names of all."""

    def run(page: str) -> dict:
        prepare = PREPARED.get(page)
        if prepare:
            prepare(folder)
        with monkeypatch.context() as patched:
            patched.setattr(jax, "jit", quick_jit)
            names = {}
            for block in (block for block in BLOCKS if block.page == page and block.language == "python"):
                path = folder / (block.note if block.mark == "file" else f"line{block.line}.py")
                path.write_text(block.code)
                if block.runs:
                    names |= runpy.run_path(str(path))
        return names

    return run


def _images(folder: pathlib.Path) -> None:
    for split in ("train", "test"):
        for label in ("cat", "dog"):
            path = folder / "images" / split / label
            path.mkdir(parents=True)
            for i in range(3):
                Image.fromarray(np.full((40, 30 + i, 3), 10 * i, np.uint8)).save(path / f"{i}.png")


def _latencies(folder: pathlib.Path) -> None:
    lines = [f"{index},{1 + index % 7}" for index in range(15625)]
    with lzma.open(folder / "hwnas_nb201_cifar10.csv.xz", "wt") as file:
        file.write("\n".join(["arch_index,raspi4_ms", *lines]))


PREPARED = {"docs/own_data.md": _images, "docs/strategies.md": _latencies}


def _own_data(names, told):
    assert names["pictures"].train.images.shape == (6, 32, 32, 3)
    assert names["pictures"].classes == ("cat", "dog")
    assert names["arrays"].test.images.shape == (20, 16, 16, 3)


def _tables(names, told):
    assert names["table"].accuracy(names["skips"]) == pytest.approx(54.297, abs=1e-3)


def _own_space(names, told):
    text = (ROOT / "docs" / "own_space.md").read_text()
    (printed,) = re.findall(r"# (\d+ depth=.*)", text)
    assert told[0] == printed and int(told[1]) > 0
    names["own"].validate(names["cell"])
    given = jax.random.normal(jax.random.key(2), (8, 8, 8, 3)), jnp.arange(8)
    for method in ("gdas", "drnas+sdarts_rs"):
        composed = compose(method, Task(names["own"], names["diamond"].cells))
        names["own"].validate(names["search"](composed, *given, steps=1))


def _own_method(names, told):
    sharper = jax.nn.softmax(3 * names["alpha"]["normal"], -1)
    np.testing.assert_allclose(names["mixture"]["normal"], sharper, rtol=1e-6)


def _own_objective(names, told):
    assert len(names["done"]) == 50
    assert 0 < names["metrics"]["train"]["confidence"] <= 1


def _supernet(names, told):
    assert names["logits"].shape == (2, 10)
    names["space"].validate(names["genotype"])


def _own_network(names, told):
    assert names["logits"].shape == (2, 10)


def _strategies(names, told):
    assert len(names["done"]) == 100
    assert names["best"](names["done"], names["accuracy"]).scores["valid_accuracy"] > 82


HELD = {
    "README.md": _supernet,
    "docs/benchmark.md": _tables,
    "docs/networks.md": _own_network,
    "docs/own_data.md": _own_data,
    "docs/own_method.md": _own_method,
    "docs/own_objective.md": _own_objective,
    "docs/own_space.md": _own_space,
    "docs/strategies.md": _strategies,
}


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_the_python_of_a_page_runs_and_gives_what_the_page_says(page, run_page, quick_jit, monkeypatch, capsys):
    names = run_page(page)
    monkeypatch.setattr(jax, "jit", quick_jit)
    if page in HELD:
        HELD[page](names, capsys.readouterr().out.splitlines())


def _written(page: str, folder: pathlib.Path) -> pathlib.Path:
    """A folder with the files of a page, in which its commands are read."""
    here = folder / page.replace("/", "-")
    here.mkdir(exist_ok=True)
    for block in BLOCKS:
        if block.page == page and block.mark == "file":
            (here / block.note).write_text(block.code)
    return here


def _module(words: list[str]) -> list[str]:
    """Module and arguments of a command of the project."""
    if words[0] == "dartsx":
        assert words[1] in COMMANDS, f"dartsx has no command {words[1]!r}; there are {', '.join(COMMANDS)}"
        return [f"dartsx.experiments.{words[1]}", *words[2:]]
    return [re.sub(r"^experiments\.", "dartsx.experiments.", words[2]), *words[3:]]


def _entry(block: Block, words: list[str], folder: pathlib.Path) -> dict | None:
    """A command line of the project as `read_commands` takes it; None for others, whose own facts are held here."""
    words = words[1:] if words[0] in BEFORE else words
    if words[0] == "dartsx" or words[:2] == ["python", "-m"]:
        return {
            "place": block.place,
            "folder": str(_written(block.page, folder)),
            "words": _module(words),
            "resolve": block.mark != "parsed",
        }
    assert words[0] in OTHERS, f"{block.place}: {words[0]!r} is no known program; text that is shown is a ```text block"
    if words[0] == "pip":
        config = configparser.ConfigParser()
        config.read(ROOT / "setup.cfg")
        for extra in re.findall(r"\[(\w+)\]", " ".join(words)):
            assert extra in config["options.extras_require"], f"{block.place}: no extra {extra!r}"
    return None


def test_every_command_line_is_read_by_its_program(tmp_path):
    shell = [block for block in BLOCKS if block.is_shell]
    entries = [entry for b in shell for words in commands(b) if (entry := _entry(b, words, tmp_path))]
    assert len(entries) > 40
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "read_commands.py"],
        input=json.dumps(entries),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    complaints = json.loads(ran.stdout)
    assert not complaints, "\n".join(complaints)


RUN = [pytest.param(block, id=block.place) for block in BLOCKS if block.mark == "runs"]


@pytest.mark.parametrize("block", RUN)
def test_commands_run_as_they_stand_at_the_size_that_their_mark_says(block, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for words in commands(block):
        command = [sys.executable, "-m", *_module(words), *block.note.split()]
        ran = subprocess.run(
            command, cwd=_written(block.page, tmp_path), env=environment, capture_output=True, text=True
        )
        assert ran.returncode == 0, f"{block.place}: {' '.join(words)}\n{ran.stderr[-2000:]}"
        assert ran.stdout.strip()


TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.py"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs_at_the_size_that_its_comment_says(path, folder, quick_jit, quick_options, monkeypatch, capsys):
    monkeypatch.setattr("dartsx.runtime.compiling.options_of", lambda backend: quick_options)
    monkeypatch.setattr(jax, "jit", quick_jit)
    text, count = re.subn(r"^(.*) = .*  # tiny: (.*)$", r"\1 = \2", path.read_text(), flags=re.M)
    assert count == 1, f"{path}: one line says its sizes, and behind '# tiny: ' those of the tests"
    (folder / path.name).write_text(text)
    runpy.run_path(str(folder / path.name))
    assert capsys.readouterr().out.strip()


def test_the_reference_has_every_field_of_a_config_with_what_it_means():
    options = {f"methods.{name}" for name in base().methods}
    fields = {name for name in flat_fields(base()) if not any(name.startswith(f"{option}.") for option in options)}
    said = reference.meanings()
    rows = {name: said.get(name) for name, *_ in reference.fields()}
    assert set(rows) == fields
    assert not [name for name, meaning in rows.items() if not meaning], "a comment beside a field says what it means"


def test_every_method_and_strategy_has_its_line():
    for page, names in (("methods", METHODS), ("strategies", STRATEGIES)):
        text = (ROOT / "docs" / f"{page}.md").read_text()
        assert not [name for name in names if f"`{name}`" not in text]


def test_every_part_of_the_package_has_its_line():
    text = (ROOT / "docs" / "code.md").read_text()
    parts = {path.name + "/" * path.is_dir() for path in (ROOT / "dartsx").iterdir() if path.name[0] not in "_."}
    lines = re.findall(r"^dartsx/(\S+) ", text, re.MULTILINE)
    assert sorted(lines) == sorted(parts - {"py.typed"})


def test_configs_and_records_that_pages_name_exist():
    for page in pages():
        text = page.read_text()
        for name in set(re.findall(FILE, text)) - {"dartsx/search/methods/NAME.py"}:
            assert (ROOT / name).exists(), f"{page.relative_to(ROOT)} names {name}"
