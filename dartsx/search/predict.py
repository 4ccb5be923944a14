"""What the supernet of a search says: outputs, losses and metrics under its mixture or another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax

from dartsx.losses import figures
from dartsx.runtime import stream
from dartsx.search.state import Batch, SearchProblem, SearchState, chosen, progress_of


def predict(problem: SearchProblem, state: SearchState, inputs: jax.Array) -> Any:
    """Outputs of the supernet, such as logits [N, classes], under the mixture without noise.

    By the running statistics; of a one-shot method by those of the inputs, since its running ones are those of all
    paths together and belong to no architecture (arXiv:1904.00420 computes them anew for each).

    Args:
      problem: see `SearchProblem`.
      state: state of the search.
      inputs: [N, H, W, channels].
    """
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    return problem.supernet.apply(variables, inputs, expected_mixture(problem, state), problem.method.one_shot)


def outputs(problem: SearchProblem) -> Callable[[SearchState, Batch], Any]:
    """`predict` as a function of (state, batch)."""
    return lambda state, batch: predict(problem, state, problem.inputs(batch))


def values_by_batch(
    problem: SearchProblem,
    state: SearchState,
    mixture: Mapping[str, jax.Array],
    rows: Any,
    batch: Callable[[Any], Batch] = lambda row: row,
) -> dict[str, jax.Array]:
    """Loss and metrics under a mixture by the statistics of each batch; means over batches, one after another.

    Args:
      problem: see `SearchProblem`.
      state: the state whose weights are used.
      mixture: mixture of every edge.
      rows: leaves [batches, ...].
      batch: makes a batch of a row.
    """
    variables = {"params": state.params, "batch_stats": state.batch_stats}

    def of_row(row: Any) -> dict[str, jax.Array]:
        given = batch(row)
        loss, metrics = problem.loss(problem.supernet.apply(variables, problem.inputs(given), mixture, True), given)
        return {"loss": loss, **metrics}

    return figures(jax.tree.map(lambda leaf: leaf.mean(0), jax.lax.map(of_row, rows)))


def expected_mixture(problem: SearchProblem, state: SearchState) -> Mapping[str, jax.Array]:
    """The mixture without noise, after the choices of perturbation-based selection."""
    method, progress = problem.method, progress_of(problem, state)
    if method.expected:
        mixture = method.expected(state.alpha, progress)
    else:
        mixture = method.mixture(state.alpha, stream(state.key, "relaxation/predict"), progress)
    return chosen(mixture, state)
