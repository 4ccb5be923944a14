"""Searches by strategies with real training: by shared weights in turns, or by retraining every architecture."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence

import jax
from ml_collections import ConfigDict

from dartsx.catalog import LEFT_OUT, Measure
from dartsx.experiments.jobs.retraining import derived_network, training_of
from dartsx.experiments.jobs.search import decisions_of_rows, run_one_search
from dartsx.experiments.jobs.setup import (
    AnyDataset,
    check_fits,
    comparison,
    finished_before,
    inputs,
    load_checked,
    resolved,
    start,
)
from dartsx.experiments.settings import (
    EvaluateSettings,
    SearchSettings,
    SettingsError,
    evaluate_settings,
    search_settings,
)
from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.strategies import AskingSettings
from dartsx.objectives.logged import Logged
from dartsx.objectives.retraining import Retraining
from dartsx.objectives.shared_weights import SCORE
from dartsx.progress import quiet
from dartsx.runtime import MetricsWriter, StopRequest, Workdir, open_workdir, processors, read_records
from dartsx.spaces import to_json
from dartsx.strategies import Query, best, make_strategy, queries
from dartsx.strategies.shared_turns import Turn, in_turns
from dartsx.tasks import task_of


def run_asking(config: ConfigDict, asking: AskingSettings, workdir: str | os.PathLike) -> bool:
    """Runs or resumes a search by a strategy; returns whether it is finished.

    Raises:
      SettingsError: the config is wrong or does not fit the data.
      WorkdirError: the folder holds another run.
    """
    settings = search_settings(config)
    if settings.population > 1:
        raise SettingsError("--strategy searches one seed at a time; set 1", "population")
    if kind := settings.search.cost.kind:
        instead = "leave it out, search by a method, or combine objectives in Python (dartsx.objectives.combined)"
        raise wrong("search.cost.kind", kind, f"binds alphas, and --strategy has none; {instead}")
    if asking.objective == "retrain":
        return _run_retraining(config, settings, asking, workdir)
    strategy = make_strategy(asking.strategy, [SCORE], asking.options)
    turn = Turn(asking.asked, asking.at_once, compared=asking.compared)
    record = {"asking": asking.record()}
    change = lambda plan: in_turns(plan, strategy, turn)  # noqa: E731
    return run_one_search(config, workdir, change=change, further=record)


def _run_retraining(
    config: ConfigDict, settings: SearchSettings, asking: AskingSettings, workdir: str | os.PathLike
) -> bool:
    mesh, dataset = start(settings), load_checked(settings, alone=True)
    plain = {**resolved(config, LEFT_OUT["retraining"]), "asking": asking.record()}
    objective = retraining(config, settings, dataset, mesh)
    method = f"{asking.strategy}, retraining"
    run = {"seed": settings.seed, "dataset": dataset.label, "method": method}
    run |= {"decisions": decisions_of_rows(settings.space)}
    read = inputs(dataset.identity)
    with open_workdir(workdir, plain, "search", run=run, inputs=read, **comparison(plain)) as folder:
        return finished_before(folder) or _search(objective, settings, asking, folder)


def retraining(
    config: ConfigDict, settings: SearchSettings, dataset: AnyDataset, mesh: jax.sharding.Mesh
) -> Retraining:
    """The objective of a config: training as ``evaluate`` says, on the examples that train a search's weights.

    Raises:
      SettingsError: the config is wrong, or asks for what these trainings do not do; names the field.
    """
    given = evaluate_settings(_without_names(config), need_genotype=False)
    _check_training(given, settings.search.train_fraction, dataset)
    task = task_of(dataset)
    return Retraining(
        lambda architecture: derived_network(given, architecture, settings.space, dataset.num_classes, task),
        dataset,
        training_of(given.evaluate),
        mesh,
        given.evaluate.augment,
        given.dtype,
        train_fraction=settings.search.train_fraction,
        seed=settings.seed,
    )


def _without_names(config: ConfigDict) -> ConfigDict:
    """The config without a genotype or a network, neither of which such a search reads."""
    unnamed = config.copy_and_resolve_references()
    unnamed.genotype = unnamed.network = ""
    return unnamed


def _check_training(given: EvaluateSettings, fraction: float, dataset: AnyDataset) -> None:
    group = given.evaluate
    for name in ("initial_weights", "max_steps"):
        if value := getattr(group, name):
            problem = "--objective=retrain trains every network from drawn weights for whole epochs; leave it out"
            raise wrong(f"evaluate.{name}", value, problem)
    check_fits(given, dataset)
    examples = int(fraction * dataset.identity.train)
    if group.batch_size > examples:
        half = f"(--config.search.train_fraction={fraction} of {dataset.identity.train})"
        problem = f"must not exceed the {examples} examples that train networks {half}"
        raise wrong("evaluate.batch_size", group.batch_size, problem)


class _Stopped(Exception):
    """A signal asked for an end."""


def _search(objective: Retraining, settings: SearchSettings, asking: AskingSettings, folder: Workdir) -> bool:
    """Asks and tells until all are scored; what ``queries.jsonl`` holds is not trained again."""
    strategy = make_strategy(asking.strategy, [objective.main], asking.options)
    spent: dict[int, float] = {}
    done: list[Query] = []
    with StopRequest() as stop, MetricsWriter(folder.path) as writer:

        def after(number: int, seconds: float) -> None:
            spent[number + 1] = seconds
            writer.timing(number + 1, number + 1, seconds=seconds)
            if stop.agreed() and number + 1 < asking.asked:
                raise _Stopped

        logged = Logged(objective, folder.path / "queries.jsonl", after)
        spent |= _spent(folder, logged.on_record)
        writer.resume(-1, -1)
        for number, seconds in spent.items():
            writer.timing(number, number, seconds=seconds)
        found = queries(strategy, settings.space, logged, settings.seed, at_once=asking.at_once)
        try:
            for number, query in enumerate(itertools.islice(found, asking.asked), 1):
                done.append(query)
                _log(objective.main, number, done, writer)
        except _Stopped:
            folder.update_run(status="stopped")
            return False
    _finish(objective, done, sum(spent.values()), folder)
    return True


def _spent(folder: Workdir, scored: int) -> dict[int, float]:
    """Seconds that scoring took in earlier processes of the run, by the number of the query from 1, up to `scored`."""
    rows = read_records(folder.path / "timing.jsonl")
    return {row["step"]: row["seconds"] for row in rows if row["step"] <= scored}


def _log(main: Measure, number: int, done: Sequence[Query], writer: MetricsWriter) -> None:
    """The accuracy of an architecture (or what the task has in its place), if it has one, and the best so far."""
    if (top := best(done, main)) is not None:
        writer.genotype(number, to_json(top.architecture))
    if (score := done[-1].scores.get(main.name)) is not None:
        writer.scalars(number, number, "valid", **{main.name.removeprefix("valid_"): _logged(main, score)})
    if not quiet():
        told = "not finite" if score is None else f"{score:.4g}"
        print(f"{number}: {done[-1].architecture}: {main.label} {told}", flush=True)


def _logged(main: Measure, score: float) -> float:
    """A score as work directories hold it, in which percentages are shares of one."""
    return score / 100 if main.unit == "%" else score


def _finish(objective: Retraining, done: Sequence[Query], seconds: float, folder: Workdir) -> None:
    """Writes the architecture that scored best, or the first where none has a score; seconds of all trainings."""
    main = objective.main
    chosen = best(done, main) or done[0]
    genotype = to_json(chosen.architecture)
    folder.write_json("genotype.json", genotype)
    days = seconds * processors(objective.mesh) / 86400
    result = {"genotype": genotype, "seconds": round(seconds, 3), "gpu_days": days}
    if main.name in chosen.scores:
        result[main.name] = _logged(main, chosen.scores[main.name])
    folder.write_json("result.json", result)
    folder.update_run(status="finished")
