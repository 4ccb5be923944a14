"""How one set of examples is divided in two: the halves of a search, and held-out examples."""

import numpy as np


def search_halves(size: int, seed: int, train_fraction: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Divides a training split into the part for the weights and the part for the alphas.

    As in DARTS (arXiv:1806.09055): a random ``floor(train_fraction * size)`` examples train the
    weights, all others the alphas. Together the two hold every example exactly once.

    Args:
        size: number of examples.
        seed: the same seed gives the same halves.
        train_fraction: share of the weights' part, between 0 and 1.

    Returns:
        ``(train_indices, valid_indices)``: int32, disjoint, sorted.

    Raises:
        ValueError: if one of the parts would be empty.
    """
    first = int(train_fraction * size)
    if not 0 < first < size:
        raise ValueError(f"train_fraction={train_fraction} of {size} examples leaves one of the two parts empty")
    order = np.random.default_rng(seed).permutation(size).astype(np.int32)
    return np.sort(order[:first]), np.sort(order[first:])


def stratified_holdout(labels: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Holds out a share of the examples, the same share of every class up to one example.

    Args:
        labels: int [N], class numbers.
        fraction: share to hold out, between 0 and 1; ``round(fraction * N)`` examples in all.
        seed: the same seed gives the same examples.

    Returns:
        ``(kept_indices, held_out_indices)``: int32, disjoint, sorted.

    Raises:
        ValueError: if one of the parts would be empty.
    """
    labels = np.asarray(labels)
    count = round(fraction * len(labels))
    if not 0 < count < len(labels):
        raise ValueError(f"holding out {fraction} of {len(labels)} examples leaves one of the two parts empty")
    order = np.random.default_rng(seed).permutation(len(labels)).astype(np.int32)
    # An example's quantile within its class, in random order: the lowest quantiles over all classes
    # are an equal share of each.
    quantile = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order] == label)
        quantile[members] = (np.arange(len(members)) + 0.5) / len(members)
    by_quantile = order[np.argsort(quantile, kind="stable")]
    return np.sort(by_quantile[count:]), np.sort(by_quantile[:count])


def hold_out(name: str, labels: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As `stratified_holdout`, with an error that names the data set."""
    try:
        return stratified_holdout(labels, fraction, seed)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
