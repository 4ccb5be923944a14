"""Networks drawn from spaces, each trained for a few epochs: trials of seconds, whose programs are shared.

All networks of a described space, and of one that a described space encloses, are computed by its supernet at one-hot
mixtures, in one compiled program: exactly the closed networks, with weights of their own, at the cost of the widest and
deepest. Spaces whose networks have dropout, and all others, are compiled network by network.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from dartsx.catalog import DESCRIBED
from dartsx.data import Dataset, padded_batches, steps_per_epoch
from dartsx.experiments.jobs.retraining import training_of
from dartsx.experiments.jobs.setup import load_checked, start
from dartsx.experiments.settings import EvaluateSettings, evaluate_settings
from dartsx.experiments.settings.load import config_from
from dartsx.experiments.trials import Here, Ledger, Listed, Trial, drive
from dartsx.feeds import Examples, epoch_order, image_examples, trial_length
from dartsx.losses import first
from dartsx.networks import Network, primitive
from dartsx.networks.layers import Dropout
from dartsx.nn import DescribedNetwork
from dartsx.nn.at_mixture import AtMixture
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.progress import quiet
from dartsx.retrain.whole import train_whole
from dartsx.runtime import finite, jit, read_json, write_json
from dartsx.spaces import Architecture, Space, named_space, resolve_genotype, to_json
from dartsx.spaces.draws import Band, Drawn, counted, draw

RESULT, JOB = "result.json", "dartsx.experiments.jobs.design:train_network"
SECONDS = 20  # between two lines that say how far it is
Program = Callable[[Architecture, jax.Array, jax.Array], Mapping[str, jax.Array]]  # architecture, key, rows -> figures


class Plan(NamedTuple):
    """What is drawn.

    Attributes:
      spaces: spaces by name.
      budget: networks of each.
      band: bounds of their multiply-adds.
    """

    spaces: Mapping[str, Space]
    budget: int
    band: Band


class Trainer:
    """Trains networks of any space on one data set in one way."""

    def __init__(self, settings: EvaluateSettings, dataset: Dataset, mesh: jax.sharding.Mesh):
        group = settings.evaluate
        self.settings, self.classes, self.image_shape = settings, dataset.num_classes, dataset.image_shape
        self.train, self.test = (
            image_examples(split, dataset, group.augment, settings.dtype, mesh)
            for split in (dataset.train, dataset.test)
        )
        full = steps_per_epoch(self.train.size, group.batch_size)
        self.epochs, self.steps = trial_length(group.epochs, full, group.max_steps)
        self.tested = tuple(map(jnp.asarray, padded_batches(self.test.size, group.batch_size)))

    def scaled(self, space: Space) -> Any:
        """The space's own scale, with the classes and the size of these images."""
        return dataclasses.replace(space.scale, classes=self.classes, image_size=self.image_shape[0])

    def rows(self, key: jax.Array) -> jax.Array:
        """Numbers of the examples of all steps."""
        examples, size = np.arange(self.train.size), self.settings.evaluate.batch_size
        orders = [epoch_order(key, "train", examples, size, epoch, self.steps) for epoch in range(self.epochs)]
        return jnp.concatenate(orders)

    def program(self, space: Space) -> tuple[str, Program]:
        """How the networks of a space are trained, ``"masked"`` or ``"closed"``, and what does it."""
        enclosing = space.enclosing if space.executor == DESCRIBED else None
        if enclosing is None or _has_dropout(enclosing.description(self.scaled(enclosing))):
            return "closed", self._closed(space)
        return "masked", self._masked(enclosing)

    def _masked(self, space: Space) -> Program:
        dtype, form = self.settings.dtype, self.settings.evaluate.form
        supernet = OpenSupernet(space, classes=self.classes, dtype=dtype, form=form, lazy=True)

        def run(mixture, key, rows, arrays):
            return self._trained(AtMixture(supernet, mixture), first, key, rows, arrays)

        compiled = jit(run)

        def of(architecture: Architecture, key: jax.Array, rows: jax.Array) -> Mapping[str, jax.Array]:
            mixture = {name: jnp.asarray(table, jnp.float32) for name, table in space.encode(architecture).items()}
            return compiled(mixture, key, rows, (self.train.arrays, self.test.arrays))

        return of

    def _closed(self, space: Space) -> Program:
        @functools.lru_cache(maxsize=64)  # architectures that have the same network share its program
        def compiled(network: Network) -> Callable:
            module = DescribedNetwork(network, self.settings.dtype, self.settings.evaluate.form)
            inputs = functools.partial(_resized, network.image_size)
            return jit(lambda *given: self._trained(module, inputs, *given))

        def of(architecture: Architecture, key: jax.Array, rows: jax.Array) -> Mapping[str, jax.Array]:
            network = space.network(architecture, self.scaled(space))
            return compiled(network)(key, rows, (self.train.arrays, self.test.arrays))

        return of

    def _trained(self, network: Any, inputs: Callable, key: jax.Array, rows: jax.Array, arrays: Any):
        training = dataclasses.replace(training_of(self.settings.evaluate), drop_path=0.0)
        problem = training.problem(network, self.steps, inputs=inputs)
        train, test = (_with(given, own) for given, own in zip((self.train, self.test), arrays, strict=True))
        return train_whole(problem, train, test, key, rows, self.tested)


def networks_of(plan: Plan, trainer: Trainer) -> dict[str, list[Drawn]]:
    """The networks of every space, all of them before one is trained.

    Raises:
      SpaceError: a space has too few in the band.
    """
    seed = trainer.settings.seed
    return {
        name: draw(
            space, plan.budget, np.random.default_rng((seed, i)), trainer.scaled(space), trainer.image_shape, plan.band
        )
        for i, (name, space) in enumerate(plan.spaces.items())
    }


def trials(plan: Plan, config: ConfigDict, drawn: Mapping[str, list[Drawn]]) -> Iterator[Trial]:
    """A trial for every network, in the folder ``SPACE/NUMBER``: an evaluation's config, and a seed of its own."""
    for name in plan.spaces:
        for number, found in enumerate(drawn[name]):
            own = {"seed": config.seed + number, "genotype": str(found.architecture), "network": ""}
            given = {**config.to_dict(), **own, "space": {**config.space.to_dict(), "name": name}}
            yield Trial(f"{_folder(name)}/{number:04d}", JOB, given, (own["seed"],), {"space": name})


def train_network(config: ConfigDict, folder: pathlib.Path, pause_after: int | None = None) -> bool:
    """The job of a trial: trains the genotype of ``config.space`` from its first weights to the last epoch.

    Trials of one process share what they compile, and the data.
    """
    plain = config.to_dict()
    # Without the space, whose networks may read images that its supernet cannot.
    shared = {**plain, "seed": 0, "genotype": "", "space": {**plain["space"], "name": "darts"}}
    trainer, space, (how, program) = _shared(config.space.name, json.dumps(shared, sort_keys=True))
    architecture, _ = resolve_genotype(config.genotype)
    network = counted(space, architecture, trainer.scaled(space), trainer.image_shape)
    key, started = jax.random.key(config.seed), time.monotonic()
    figures = {name: float(value) for name, value in program(architecture, key, trainer.rows(key)).items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / RESULT, _record(network, figures, how, time.monotonic() - started))
    return True


@functools.lru_cache(maxsize=1)  # trials of a space follow one another
def _shared(name: str, config: str) -> tuple[Trainer, Space, tuple[str, Program]]:
    """What trains the networks of a space, by the rest of the config as JSON."""
    settings, space = evaluate_settings(config_from(json.loads(config)), need_genotype=False), named_space(name)
    trainer = Trainer(settings, load_checked(settings), start(settings))
    return trainer, space, trainer.program(space)


def train_all(plan: Plan, config: ConfigDict, drawn: Mapping[str, list[Drawn]], folder: pathlib.Path) -> bool:
    """Trains all networks that the ledger does not know to be trained, and says how far it is.

    Returns:
      Whether all have ended (False: stopped by a signal; the same call resumes).
    """
    total, done, last = sum(map(len, drawn.values())), 0, time.monotonic()
    with Here(folder) as here, Ledger(folder, "test_error") as ledger:
        for result in drive(Listed(trials(plan, config, drawn)), here, ledger):
            done += 1
            if result.problem:
                print(f"design: {result.trial.name} failed: {result.problem}", flush=True)
            if not quiet() and (done == total or time.monotonic() - last > SECONDS):
                last = time.monotonic()
                print(f"design: {done}/{total} networks, {result.trial.name} {result.status}", flush=True)
    return done == total


def results(folder: pathlib.Path, drawn: Mapping[str, list[Drawn]]) -> dict[str, list[dict[str, Any]]]:
    """Records by space; a network that failed has none."""
    paths = {
        name: [folder / _folder(name) / f"{number:04d}" / RESULT for number in range(len(found))]
        for name, found in drawn.items()
    }
    return {name: [read_json(path) for path in found if path.exists()] for name, found in paths.items()}


def _folder(name: str) -> str:
    """A space's name as that of a folder; those of a user's own have a colon."""
    return name.replace(":", "-")


def _record(found: Drawn, figures: Mapping[str, float], how: str, seconds: float) -> dict[str, Any]:
    return {
        "architecture": to_json(found.architecture),
        "text": str(found.architecture),
        "params": found.params,
        "macs": found.macs,
        "test_error": 100 * (1 - figures["accuracy"]),
        "test_loss": finite(figures["loss"]),
        "train_loss": finite(figures["train_loss"]),
        "program": how,
        "seconds": round(seconds, 3),
    }


def _with(examples: Examples, arrays: Any) -> Examples:
    return dataclasses.replace(examples, arrays=arrays)


def _resized(size: int, batch: Any) -> jax.Array:
    """Images of the size that the network asks for."""
    images = first(batch)
    shape = (images.shape[0], size, size, images.shape[-1])
    return images if shape == images.shape else jax.image.resize(images, shape, "bilinear")


def _has_dropout(network: Network) -> bool:
    return any(isinstance(step.layer, Dropout) for step in primitive(network.trace()))
