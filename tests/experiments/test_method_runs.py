"""Searches by methods that act between epochs, in stages or after the search, as whole commands."""

import json

import numpy as np
import pytest

from dartsx.configs.digits import get_config
from dartsx.experiments.jobs import run_search

TINY = {
    "search.epochs": 3,
    "search.channels": 2,
    "search.layers": 1,
    "search.chunk_steps": 4,
    "search.max_steps": 4,
}


@pytest.fixture(scope="module")
def search(compilation_cache, tmp_path_factory):
    """Runs a search of digits by methods, with further fields, in a work directory that it gives back."""

    def run(method, workdir=None, **fields):
        config = get_config(method)
        config.compilation_cache = compilation_cache.partition("=")[2]
        config.space.primitives, config.space.nodes = ("none", "skip_connect", "avg_pool_3x3"), 1
        config.update_from_flattened_dict(TINY | fields)
        workdir = workdir or tmp_path_factory.mktemp("run")
        assert run_search(config, workdir)
        return workdir

    return run


def read(folder, name):
    return json.loads((folder / name).read_text())


def lines(folder, name):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_a_rule_ends_the_search_and_perturbation_based_selection_follows(search):
    """After the first epoch no rank has changed; then 2 edges and 1 node of 2 cell types are decided."""
    options = {"methods.darts_plus.stable_epochs": 1, "methods.darts_plus.skips": 9, "methods.darts_pt.tune_epochs": 1}
    fields = {"search.max_steps": 44, "search.chunk_steps": 22, "search.alphas.warmup_epochs": 1}
    folder = search("darts_plus+darts_pt", **options, **fields)
    assert [line["epoch"] for line in lines(folder, "alphas.jsonl")] == [1]
    run = read(folder, "run.json")
    assert run["status"] == "finished" and run["method"] == "darts_plus+darts_pt first_order"
    genotype = read(folder, "genotype.json")
    assert read(folder, "result.json")["genotype"] == genotype
    assert len(genotype["normal"]) == len(genotype["reduce"]) == 2


def test_stages_narrow_one_after_another_in_folders_of_their_own(search):
    given = {f"methods.p_darts.extra_layers_{stage}": 0 for stage in ("second", "third")}
    given |= {"methods.p_darts.keep_second": 2, "methods.p_darts.keep_third": 1}
    given |= {"search.epochs": 1, "search.alphas.warmup_epochs": 0}
    folder = search("p_darts", **given)
    for number in (1, 2):
        run = read(folder / f"stage{number}", "run.json")
        assert (run["status"], run["stage"]) == ("finished", number)
    assert read(folder, "run.json")["status"] == "finished"
    assert read(folder, "result.json")["seconds"] > read(folder / "stage2", "result.json")["seconds"]
    before = (folder / "genotype.json").stat().st_mtime_ns
    search("p_darts", folder, **given)  # finished stages are left alone
    assert (folder / "genotype.json").stat().st_mtime_ns == before


def test_a_widened_stage_goes_on_where_the_one_before_ended(search):
    given = {f"methods.progressive.{name}": value for name, value in {"partial_first": 2, "partial_second": 1}.items()}
    given |= {"methods.progressive.keep": 2, "search.epochs": 2, "search.alphas.warmup_epochs": 0}
    folder = search("drnas+progressive", **given | {"search.max_steps": 44, "search.chunk_steps": 22})
    stages = [lines(place, "alphas.jsonl") for place in (folder / "stage1", folder)]
    assert [[line["epoch"] for line in stage] for stage in stages] == [[1], [2]]
    first, second = (np.array(stage[0]["normal"]) for stage in stages)
    assert (first != second).any() and np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.5
    rates = [line["learning_rate"] for line in lines(folder, "metrics.jsonl") if line["split"] == "train"]
    assert rates[0] == pytest.approx(0.05)  # half of 0.1: the cosine goes on
