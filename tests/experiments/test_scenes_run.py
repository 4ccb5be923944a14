"""Scenes of digits: a network of cell and path is searched, derived, retrained beside U-Net, reported by its mIoU."""

import json

import pytest

from dartsx.experiments.trials import Trial, default_score
from dartsx.experiments.trials.scores import scores_of

SPACE = """
from dartsx.networks import Path
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.segmentation import ASPP
from dartsx.spaces import Scale
from dartsx.spaces.auto_deeplab import space

stem, names = (ConvNorm(2, 3), ConvNorm(4, 3, 2)), ("atrous_3x3", "skip_connect")
small = space("small", Path("path", 2, 2), 1, Scale(2, classes=11, image_size=32), names, stem, ASPP(2, (1,)), 4, 2)
"""
TINY = (
    *("--config=configs/scenes.py", "--config.space.name=own_paths:small", "--baseline=unet_4"),
    *("--config.dataset.scenes.size=32", "--config.dataset.scenes.train=32", "--config.dataset.scenes.test=8"),
    *("--config.search.epochs=2", "--config.search.batch_size=8", "--config.search.channels=2"),
    *("--config.search.alphas.warmup_epochs=1", "--config.evaluate.epochs=2", "--config.evaluate.batch_size=8"),
    *("--config.evaluate.channels=2", "--config.evaluate.test_every=1"),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, python, compilation_cache, quick_flags):
    folder = tmp_path_factory.mktemp("scenes")
    (folder / "own_paths.py").write_text(SPACE)
    command = ("-m", "experiments.run", *TINY, compilation_cache, f"--workdir={folder}/run")
    done = python(*command, PYTHONPATH=str(folder), XLA_FLAGS=quick_flags)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "run", done.stdout


def test_the_path_is_searched_and_networks_are_ranked_by_miou(ran):
    folder, printed = ran
    choices = json.loads((folder / "search" / "genotype.json").read_text())["choices"]
    assert choices["path/0/0"] in ("keep", "down") and choices["cell/2/left"] in ("atrous_3x3", "skip_connect")
    for name in ("derived", "baseline"):
        result = json.loads((folder / name / "result.json").read_text())
        assert 0 < result["test_miou"] < 100 and 0.5 < result["test_pixel_accuracy"] < 1
    assert "miou" in printed and "unet_4" in printed


def test_a_sweep_finds_the_numbers_that_count_by_default(ran):
    folder, _ = ran
    assert default_score("search", "segmentation") in json.loads((folder / "search" / "result.json").read_text())
    result = json.loads((folder / "derived" / "result.json").read_text())
    (paused,) = scores_of(Trial("a", "evaluate", {}, (0,), epochs=2), folder / "derived", "paused")
    for name in (default_score("evaluate", "segmentation"), "test_pixel_accuracy", "test_loss"):
        assert paused[name] == result[name]


def test_the_report_shows_the_trellis(ran):
    report = (ran[0] / "report" / "report.md").read_text()
    assert "Test miou in percent: mean" in report and "search1_trellis.svg" in report


def test_networks_for_pixels_and_for_images_are_not_mixed_up(python):
    search = ("-m", "experiments.search", "--workdir=never")
    wrong = python(*search, "--config=configs/scenes.py", "--config.space.name=darts")
    assert "'digit_scenes': is for segmentation, " in wrong.stderr and "makes a class for every image" in wrong.stderr
    wrong = python(*search, "--config=configs/digits.py", "--config.space.name=auto_deeplab_scenes")
    assert "'digits': is for classification, a class for every image; the network makes values" in wrong.stderr
    wrong = python(*search, "--config=configs/scenes.py", "--config.search.augment.cutout=4")
    assert "is for segmentation, which cuts nothing out of its examples; set 0" in wrong.stderr
