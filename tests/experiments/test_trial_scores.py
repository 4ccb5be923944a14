"""Numbers of trials: those of a paused one have the names and units of a result, whatever the task."""

import json

import pytest

from dartsx.catalog import RESULTS, SEARCHED, task_of_data
from dartsx.experiments.trials import Trial, default_score, smaller_is_better
from dartsx.experiments.trials.scores import scores_of

TESTED = {  # task -> metrics of the test examples as they are logged, and the figure that counts
    "classification": ({"loss": 0.5, "accuracy": 0.9}, 10.0),
    "detection": ({"loss": 0.5, "class_loss": 0.3, "box_loss": 0.2, "ap": 0.25, "ap50": 0.5}, 25.0),
    "segmentation": ({"loss": 0.5, "miou": 0.4, "pixel_accuracy": 0.8}, 40.0),
    "language": ({"loss": 0.0}, 1.0),
    "super_resolution": ({"loss": 0.5, "psnr": 30.0, "ssim": 0.9}, 30.0),
}


def paused(folder, run, *rows):
    """Numbers of an evaluation that paused after its second epoch."""
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(run))
    (folder / "metrics.jsonl").write_text("".join(json.dumps({"step": 8, "epoch": 2, **row}) + "\n" for row in rows))
    (found,) = scores_of(Trial("a", "evaluate", {}, (0,), epochs=2), folder, "paused")
    return found


@pytest.mark.parametrize("task", RESULTS)
def test_a_paused_evaluation_has_the_number_that_counts_as_its_result_will(tmp_path, task):
    tested, value = TESTED[task]
    found = paused(tmp_path, {"task": task}, {"split": "test", **tested}, {"split": "train", "loss": 9.0})
    assert found[default_score("evaluate", task)] == pytest.approx(value)
    assert found["test_loss"] == tested["loss"] and "train_loss" not in found and "test_epoch" not in found
    lost = paused(tmp_path, {"task": task}, {"split": "test", **dict.fromkeys(tested, "NaN")})
    assert lost[default_score("evaluate", task)] is None and lost["test_loss"] is None


def test_metrics_of_a_job_of_ones_own_keep_their_names(tmp_path):
    assert paused(tmp_path, {}, {"split": "test", "mae": 0.5}, {"split": "valid", "mae": 1.0}) == {
        "test_mae": 0.5,
        "valid_mae": 1.0,
    }


def test_every_task_has_a_number_whose_direction_its_name_tells():
    assert RESULTS.keys() == SEARCHED.keys()
    for measure in (*RESULTS.values(), *SEARCHED.values()):
        assert smaller_is_better(measure.name) == (not measure.larger_is_better)
    assert not any(map(smaller_is_better, ("test_ssim", "test_ap50", "test_pixel_accuracy")))


@pytest.mark.parametrize(
    ("name", "upscale", "task"),
    [
        ("digits", 0, "classification"),
        ("folder:masks", None, "classification"),
        ("digit_scenes", 0, "segmentation"),
        ("masks:x/y.npz", 0, "segmentation"),
        ("digit_boxes", 0, "detection"),
        ("boxes:coco", 0, "detection"),
        ("digits", 2, "super_resolution"),
        ("python_docs", 0, "language"),
        ("text:masks:", 0, "language"),
    ],
)
def test_the_name_of_a_data_set_tells_its_task(name, upscale, task):
    assert task_of_data(name, upscale) == task
