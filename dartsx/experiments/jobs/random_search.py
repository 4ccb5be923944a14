"""Random search in NAS-Bench-201's table, at the cost of a search."""

from __future__ import annotations

import numpy as np

from dartsx.data import steps_per_epoch
from dartsx.experiments.jobs.search import plan_of
from dartsx.experiments.jobs.setup import load_checked
from dartsx.experiments.jobs.trajectories import looked_up
from dartsx.experiments.settings import SearchSettings
from dartsx.feeds import trial_length
from dartsx.objectives import NB201Objective
from dartsx.objectives.nb201 import TRAINING_IMAGES, VALID_ACCURACY
from dartsx.report.benchmark import Trajectory
from dartsx.search import search_problem
from dartsx.spaces import NB201
from dartsx.strategies import best, queries, random_search
from dartsx.tabular import NB201Table

TRAINING_EPOCHS = 12  # of the table's validation accuracies


def search_costs(settings: SearchSettings) -> np.ndarray:
    """Multiply-adds of forward passes that a first-order search has spent after each epoch, float64 [epochs].

    A step sends a training and a validation batch through the supernet, forward and backward; so does training a
    network with its batches, so that the backward passes cancel in comparisons.
    """
    dataset, group = load_checked(settings), settings.search
    full = steps_per_epoch(int(group.train_fraction * len(dataset.train)), group.batch_size)
    epochs, steps = trial_length(group.epochs, full, group.max_steps)
    supernet = search_problem(plan_of(settings, dataset.num_classes), full, dataset.image_shape).supernet
    macs = supernet.description.macs(dataset.image_shape)
    return 2.0 * group.batch_size * steps * macs * np.arange(1, epochs + 1)


def training_costs(table: NB201Table) -> np.ndarray:
    """Multiply-adds of the forward passes of training each cell for 12 epochs, float64 [15625]."""
    return table.columns["flops_cifar10"] * TRAINING_IMAGES["cifar10", TRAINING_EPOCHS] * TRAINING_EPOCHS


def random_trajectory(table: NB201Table, seed: int, costs: np.ndarray) -> Trajectory:
    """Random search: cells trained for 12 epochs until the search's multiply-adds are spent; the best on validation.

    At least one cell is drawn, also where the budget does not suffice for it.
    """
    objective = NB201Objective(table)
    spent, chosen, done = 0.0, [], []
    for query in queries(random_search(), NB201, objective, seed, TRAINING_EPOCHS):
        spent += query.scores["training_macs"]
        while len(chosen) < len(costs) and spent > costs[len(chosen)]:
            chosen.append(best(done or [query], VALID_ACCURACY).architecture)
        if len(chosen) == len(costs):
            return looked_up(table, seed, chosen)
        done.append(query)
