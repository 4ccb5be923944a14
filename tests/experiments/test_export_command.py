"""From an evaluation to an export, and from an export to the classes of images."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from dartsx.data import load_dataset
from dartsx.experiments.jobs import run_evaluate
from dartsx.experiments.jobs.export import run_export
from dartsx.experiments.settings import SettingsError, evaluate_settings, parse_config
from dartsx.export import ExportError, opened, read
from dartsx.runtime import WorkdirError
from dartsx.spaces import from_text

CELLS = (
    "Genotype(normal=[('skip_connect', 0), ('max_pool_3x3', 1)], normal_concat=[2], "
    "reduce=[('skip_connect', 0), ('sep_conv_3x3', 1)], reduce_concat=[2])"
)
FLAGS = ("epochs=2", "max_steps=2", "channels=2", "layers=1", "average_from=1", "form=plain")


def config(*flags):
    given = [f"--config.genotype={CELLS}", "--config.compilation_cache="]
    return parse_config(["program", *given, *(f"--config.evaluate.{flag}" for flag in flags)]).config


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """A finished evaluation of two steps on digits, of which the average of the weights is tested."""
    folder = tmp_path_factory.mktemp("runs") / "network"
    assert run_evaluate(config(*FLAGS), folder)
    return folder


@pytest.fixture(scope="module")
def exported(workdir):
    """Its export to StableHLO, and what was told."""
    pytest.importorskip("flatbuffers", reason="flatbuffers is not installed: pip install -e '.[export]'")
    folder = workdir / "export" / "stablehlo"
    return folder, list(run_export(workdir, "stablehlo", folder, 16))


def test_an_export_computes_the_tested_network_and_carries_what_its_users_need(workdir, exported):
    folder, told = exported
    made, digits = read(folder), load_dataset("digits")
    assert made.card.network == made.card.architecture == str(from_text(CELLS))
    assert (made.card.dataset, made.card.classes) == ("digits", digits.classes)
    assert made.input == (12, 12, 1) and made.output == (10,) and made.card.mean == digits.mean
    result = json.loads((workdir / "result.json").read_text())
    assert made.card.result["test_error"] == result["test_error"] and made.params == result["params"]
    assert made.difference["examples"] == 16 and made.difference["largest"] < 1e-4
    assert told[0].endswith(": weights after 2 steps") and "on 16 test examples" in told[-1]
    assert from_text((folder / "darts.txt").read_text()) == from_text(CELLS)
    pixels = (digits.test.images / np.float32(255) - np.float32(digits.mean)) / np.float32(digits.std)
    logits = opened(folder)(np.float32(pixels))
    share = 100 * np.mean(logits.argmax(-1) != digits.test.labels)
    assert share == pytest.approx(result["test_error"], abs=0.3)


def test_a_network_that_enlarges_images_leaves_with_what_it_reads(tmp_path):
    pytest.importorskip("flatbuffers", reason="flatbuffers is not installed: pip install -e '.[export]'")
    flags = ("--config=super_resolution", "--config.network=srcnn_x2", "--config.evaluate.max_steps=1")
    given = parse_config(["program", *flags, "--config.compilation_cache=", "--config.evaluate.batch_size=4"]).config
    assert run_evaluate(given, tmp_path / "srcnn")
    told = list(run_export(tmp_path / "srcnn", "stablehlo", tmp_path / "exported", 4))
    made, digits = read(tmp_path / "exported"), load_dataset("digits")
    assert (made.input, made.output, made.card.classes) == ((6, 6, 1), (12, 12, 1), ("grey",))
    assert (made.card.mean, made.card.std) == (digits.mean, digits.std) and set(made.card.result) >= {"test_psnr"}
    assert made.difference["examples"] == 4 and made.difference["largest"] < 1e-4 and "4 test examples" in told[-1]


def test_predictions_name_classes_of_image_files(exported, tmp_path, python):
    folder, _ = exported
    digit = load_dataset("digits").test.images[0, :, :, 0]
    Image.fromarray(digit).save(tmp_path / "digit.png")
    Image.fromarray(digit).convert("RGB").resize((40, 30)).save(tmp_path / "large.jpg")
    command = ("-m", "dartsx.experiments.predict", f"--model={folder}", tmp_path / "digit.png", tmp_path / "large.jpg")
    process = python(*command, "--format=csv", "--top=10")
    assert process.returncode == 0, process.stderr
    assert "1 of 2 images had another size: the whole image resized to 12x12" in process.stderr
    rows = list(csv.DictReader(io.StringIO(process.stdout)))
    assert len(rows) == 20 and {row["class"] for row in rows} == set(map(str, range(10)))
    assert sum(float(row["probability"]) for row in rows[:10]) == pytest.approx(1)
    process = python(*command[:-1], tmp_path / "none.png", "--format=json")
    assert process.returncode == 2 and process.stderr.startswith(f"error: {tmp_path / 'none.png'} cannot be read")


def test_folders_that_hold_no_evaluation_are_refused(workdir, tmp_path, python):
    with pytest.raises(ExportError, match="holds no run of dartsx; an export takes the work directory of"):
        list(run_export(tmp_path, "stablehlo", tmp_path / "out", 0))
    with pytest.raises(ExportError, match=rf"evaluations in it: {workdir}"):
        list(run_export(workdir.parent, "stablehlo", tmp_path / "out", 0))
    record = json.loads((workdir / "run.json").read_text())
    record["inputs"]["data"]["train"] = 7
    other = tmp_path / "other"
    shutil.copytree(workdir, other, ignore=shutil.ignore_patterns("checkpoints", "export"))
    (other / "run.json").write_text(json.dumps(record))
    with pytest.raises(WorkdirError, match="data: train 7 -> 1438"):
        list(run_export(other, "stablehlo", tmp_path / "out", 0))
    process = python("-m", "dartsx.experiments.export", f"--workdir={workdir}", "--format=caffe")
    assert process.returncode == 2 and "stablehlo|onnx|torch" in process.stderr


def test_weights_of_a_file_are_tested_without_training(workdir, tmp_path):
    list(run_export(workdir, "torch", tmp_path / "torch", 0))
    (file,) = (tmp_path / "torch").glob("weights.*")
    flags = ("epochs=0", "channels=2", "layers=1", "form=plain")
    assert run_evaluate(config(*flags, f"initial_weights={file}"), tmp_path / "again")
    before, after = (json.loads((path / "result.json").read_text()) for path in (workdir, tmp_path / "again"))
    assert after["epochs"] == 0
    assert after["test_error"] == before["test_error"]
    assert after["test_loss"] == pytest.approx(before["test_loss"], rel=1e-6)
    record = json.loads((tmp_path / "again" / "run.json").read_text())
    assert record["inputs"]["weights"]["fingerprint"].startswith("sha256:")
    assert (tmp_path / "again" / "checkpoints" / "0").is_dir()  # which an export reads


def test_initial_weights_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"evaluate.epochs=0: must be 1 or more; without training only"):
        evaluate_settings(config("epochs=0"))
    with pytest.raises(SettingsError, match=r"evaluate.initial_weights='none.pt': no such file: none.pt"):
        run_evaluate(config("epochs=1", "initial_weights=none.pt"), tmp_path / "run")
    np.savez(tmp_path / "other.npz", **{"stem.0.weight": np.zeros((3, 3, 3, 3))})
    with pytest.raises(SettingsError, match=r"stem.0.weight has shape \(3, 3, 3, 3\), which"):
        run_evaluate(config("epochs=1", f"initial_weights={tmp_path / 'other.npz'}"), tmp_path / "run")
    assert not (tmp_path / "run").exists()
