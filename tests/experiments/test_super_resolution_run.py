"""Super-resolution: a network is searched, derived, retrained beside a small EDSR, and reported."""

import json

import pytest

from dartsx.catalog import SEARCHED

SPACE = """
from dartsx.spaces import DescribedSpace, Scale
from dartsx.spaces.chains.trilevel_images import KERNELS, Trilevel

some = {name: KERNELS[name] for name in ("grouped", "recursive")}
small = DescribedSpace(Trilevel(2, 1, 2, some, (1, 2)).write, Scale(channels=16, classes=3, image_size=8))
"""
TINY = (
    "--config=configs/super_resolution.py",
    *("--config.search.epochs=1", "--config.search.max_steps=2", "--config.search.chunk_steps=2"),
    *("--config.search.batch_size=4", "--config.evaluate.epochs=1", "--config.evaluate.batch_size=64"),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, python, compilation_cache, quick_flags):
    folder = tmp_path_factory.mktemp("images")
    (folder / "own_images.py").write_text(SPACE)
    own = ("--config.space.name=own_images:small", compilation_cache, f"--workdir={folder}/run")
    done = python("-m", "experiments.run", *TINY, *own, PYTHONPATH=str(folder), XLA_FLAGS=quick_flags)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "run", done.stdout


def test_the_network_is_searched_retrained_and_ranked_by_psnr(ran):
    folder, printed = ran
    choices = json.loads((folder / "search" / "genotype.json").read_text())["choices"]
    assert choices["path"] in ("c", "cu") and {"c/op1", "c/op2", "c/width1"} < set(choices)
    derived, edsr = (json.loads((folder / name / "result.json").read_text()) for name in ("derived", "baseline"))
    # The networks make the difference from the bicubic image, whose PSNR is 16.23.
    assert derived["test_psnr"] > 14 and edsr["test_psnr"] > 16.5 and 0 < derived["test_ssim"] < 1
    assert edsr["params"] == 25_825 and derived["macs"] > 0
    assert "test psnr (dB)" in printed and "edsr_tiny_x2" in printed
    assert SEARCHED["super_resolution"].name in json.loads((folder / "search" / "result.json").read_text())


def test_the_report_says_what_is_ranked_and_that_more_is_better(ran):
    report = (ran[0] / "report" / "report.md").read_text()
    assert "| test psnr (dB) | best (dB) |" in report and "test error" not in report
    shown = json.loads((ran[0] / "derived" / "examples.json").read_text())
    assert shown["columns"] == ["low resolution", "bicubic", "network", "truth"] and shown["height"] == 6 * 96 + 10
    assert shown["png"] in (ran[0] / "report" / "report.html").read_text()


def test_what_does_not_go_with_larger_images_is_named(python):
    search = ("-m", "experiments.search", "--workdir=never", "--config=configs/super_resolution.py")
    for flag, said in {
        "--config.dataset.upscale=4": "--config.dataset.upscale=4: the network makes images 2 times larger; set 2",
        "--config.space.name=darts": "--config.dataset.name='digits': is for super_resolution, values for every pixel;",
    }.items():
        wrong = python(*search, flag)
        assert wrong.returncode == 2 and said in wrong.stderr, wrong.stderr
