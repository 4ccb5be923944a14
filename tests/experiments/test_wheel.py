"""The wheel by itself: what is in it, and that it works in an empty folder where nothing of the checkout is found."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN_CONFIG = """
from dartsx.configs.digits import get_config as digits


def get_config(method: str = ""):
    config = digits(method)
    config.space.name = "own_space:small"
    return config
"""
OWN_SPACE = """
from dartsx.spaces import CellSpace

small = CellSpace(primitives=("none", "skip_connect", "avg_pool_3x3"), num_nodes=2)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built as ``python -m build`` does: from the source distribution, whose content is thereby whole."""
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation nothing is downloaded; the extra test has what building needs.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-2000:]
    assert len(list(folder.glob("dartsx-*.tar.gz"))) == 1
    (path,) = folder.glob("dartsx-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs the console script of the installed wheel in a folder; the packages that it needs are those of the tests."""
    place = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place, wheel]
    subprocess.run(command, check=True, capture_output=True)

    def run(folder, program, *arguments, **environment):
        variables = os.environ | {"PYTHONPATH": str(place)} | environment
        command = [str(place / "bin" / program) if program == "dartsx" else program, *map(str, arguments)]
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=300)

    return run


def test_the_wheel_holds_one_package_with_all_its_files(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names} == {"dartsx", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dartsx").rglob("*") if path.is_file()}
    assert {name for name in ours if "__pycache__" not in name} == {name for name in names if name[:7] == "dartsx/"}


def test_the_help_names_every_command_and_config_and_needs_no_jax(installed, tmp_path):
    shown = installed(tmp_path, "dartsx", "--help")
    assert shown.returncode == 0, shown.stderr
    modules = [path for path in (ROOT / "dartsx" / "experiments").glob("*.py") if "__main__" in path.read_text()]
    missing = {path.stem for path in modules if f"dartsx {path.stem}" not in shown.stdout} - {"commands"}
    assert len(modules) > 10 and not missing
    assert "cifar10" in shown.stdout
    code = "import sys; from dartsx.experiments.commands import help_text; help_text()"
    light = installed(
        tmp_path, sys.executable, "-c", f"{code}; sys.exit(bool({{'jax', 'absl', 'numpy'}} & set(sys.modules)))"
    )
    assert light.returncode == 0, light.stderr


def test_a_wrong_command_is_answered_with_the_right_one(installed, tmp_path):
    wrong = installed(tmp_path, "dartsx", "serch")
    assert wrong.returncode == 2 and "no command 'serch'; did you mean search?" in wrong.stderr


def test_costs_are_counted_from_the_files_that_are_shipped(installed, tmp_path):
    counted = installed(tmp_path, "dartsx", "cost", "--config.network=cifar", "--format=json")
    assert counted.returncode == 0, counted.stderr
    assert json.loads(counted.stdout)["params"] == 3_349_342


def test_the_main_job_runs_in_an_empty_folder_with_a_config_and_a_space_that_lie_there(
    installed, tmp_path, compilation_cache, quick_flags
):
    (tmp_path / "own_config.py").write_text(OWN_CONFIG)
    (tmp_path / "own_space.py").write_text(OWN_SPACE)
    small = "search.epochs=1 search.max_steps=2 search.layers=3 search.channels=2 search.diagnosis.every=0"
    small += " evaluate.epochs=1 evaluate.max_steps=2 evaluate.layers=1 evaluate.channels=2"
    flags = [f"--config.{field}" for field in small.split()]
    given = ["--config=own_config.py:gdas", "--workdir=run", compilation_cache, *flags]
    done = installed(tmp_path, "dartsx", "run", *given, XLA_FLAGS=quick_flags)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "run" / "report" / "report.html").stat().st_size > 10_000
    told = json.loads((tmp_path / "run" / "search" / "config.json").read_text())
    assert (told["method"], told["space"]["name"]) == ("gdas", "own_space:small")


@pytest.mark.parametrize(
    ("line", "expected"),
    [("dartsx sea", ["search"]), ("dartsx search --config=cifar", ["cifar10", "cifar100", "cifar_chain"])],
)
def test_bash_completes_commands_and_configs(installed, tmp_path, line, expected):
    script = installed(tmp_path, "dartsx", "completion", "bash").stdout
    words = line.replace("=", " = ").split()
    asked = f'COMP_LINE="{line}" COMP_POINT={len(line)} COMP_WORDS=({" ".join(words)}) COMP_CWORD={len(words) - 1}'
    done = installed(tmp_path, "bash", "-c", f'{script}\n{asked}\n_dartsx\necho "${{COMPREPLY[@]}}"')
    assert done.stdout.split() == expected, done.stderr
