"""The CIFAR-10 config runs as it stands, but for size and number of steps."""

import json

from dartsx.spaces import from_json


def test_cifar10_is_searched_by_its_config_and_overrides_only(python, cifar_dir, compilation_cache, tmp_path):
    process = python(
        "-m",
        "experiments.search",
        "--config=configs/cifar10.py",
        f"--workdir={tmp_path}",
        f"--config.dataset.data_dir={cifar_dir}",
        compilation_cache,
        "--config.space.nodes=2",
        "--config.search.train_fraction=0.98",  # what is left is all evaluated at the end
        "--config.search.channels=2",
        "--config.search.layers=3",
        "--config.search.batch_size=8",
        "--config.search.max_steps=2",
        "--config.search.chunk_steps=2",
    )
    assert process.returncode == 0, process.stderr
    run = json.loads((tmp_path / "run.json").read_text())
    assert (run["status"], run["dataset"]) == ("finished", "CIFAR-10 (JPEG)")
    genotype = from_json(json.loads((tmp_path / "genotype.json").read_text()))
    assert len(genotype.normal.edges) == len(genotype.reduce.edges) == 4
    result = json.loads((tmp_path / "result.json").read_text())
    assert 0 <= result["valid_accuracy"] <= 1
