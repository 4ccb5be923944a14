"""The README's Python runs as it stands, and its commands name what exists."""

import pathlib
import re
import runpy

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from dartsx.search import Task, compose

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.S)


def _block(word: str) -> str:
    (block,) = [code for code in PYTHON if word in code]
    return block


def _run(code: str, folder: pathlib.Path) -> dict:
    path = folder / "readme_block.py"
    path.write_text(code)
    return runpy.run_path(str(path))


def test_own_data_loads_as_the_readme_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for split in ("train", "test"):
        for label in ("cat", "dog"):
            folder = tmp_path / "images" / split / label
            folder.mkdir(parents=True)
            for i in range(3):
                pixels = np.full((40, 30 + i, 3), 10 * i, np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.png")
    names = _run(_block("load_dataset"), tmp_path)
    assert names["pictures"].train.images.shape == (6, 32, 32, 3)
    assert names["pictures"].classes == ("cat", "dog")
    assert names["arrays"].test.images.shape == (20, 16, 16, 3)


def test_tables_are_asked_as_the_readme_says(tmp_path):
    names = _run(_block("table.isomorphic("), tmp_path)
    assert names["table"].accuracy(names["skips"]) == pytest.approx(54.297, abs=1e-3)


def test_a_described_space_of_ones_own_is_asked_as_the_readme_says(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_chain.py").write_text(_block("def write(scale"))
    code = _block("from my_chain import")
    _run(code, tmp_path)
    printed = capsys.readouterr().out.splitlines()
    (told,) = re.findall(r"# (\d+ depth=.*)", code)
    assert printed[0] == told and int(printed[1]) > 0


def test_a_primitive_of_ones_own_is_searched_by_every_method(tmp_path, quick_jit, monkeypatch):
    monkeypatch.setattr(jax, "jit", quick_jit)
    names = _run(_block("TopologySpace("), tmp_path)
    names["own"].validate(names["cell"])
    given = jax.random.normal(jax.random.key(2), (8, 8, 8, 3)), jnp.arange(8)
    for method in ("gdas", "drnas+sdarts_rs"):
        composed = compose(method, Task(names["own"], names["diamond"].cells))
        names["own"].validate(names["search"](composed, *given, steps=1))


def test_supernet_from_python_runs_as_the_readme_says(tmp_path):
    names = _run(_block("import Supernet"), tmp_path)
    assert names["logits"].shape == (2, 10)
    names["space"].validate(names["genotype"])


def test_a_network_of_ones_own_runs_as_the_readme_says(tmp_path):
    names = _run(_block("DescribedNetwork("), tmp_path)
    assert names["logits"].shape == (2, 10)


def test_a_strategy_from_python_runs_as_the_readme_says(tmp_path):
    names = _run(_block("make_strategy("), tmp_path)
    assert len(names["done"]) == 100 and names["best"](names["done"], names["accuracy"]).scores["valid_accuracy"] > 82


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ([\w.]+)", TEXT))))
def test_commands_name_modules_that_exist(module):
    assert (ROOT / (module.replace(".", "/") + ".py")).is_file()


def test_configs_named_exist():
    for name in set(re.findall(r"--config=(configs/\w+\.py)", TEXT)):
        assert (ROOT / name).is_file()
