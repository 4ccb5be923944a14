"""Whole searches, from examples to an architecture.

Every method runs by the same call, those of several stages (P-DARTS, DrNAS's progressive scheme), with early stopping
(DARTS+, R-DARTS) or with a selection afterwards (DARTS-PT) included::

    data = from_arrays("mine", x_train, y_train, x_test, y_test)
    examples = image_examples(data.train, data, AugmentPolicy(), "float32", make_mesh())
    found = run_search(Plan(CellSpace(), data.num_classes, "p_darts", layers=5, epochs=25), examples)
    print(found.architecture)
"""

from __future__ import annotations

import jax

from dartsx.feeds import Examples
from dartsx.runtime import Unrecorded, make_mesh
from dartsx.search.plan import Plan
from dartsx.search.search import Folder, Search, SearchResult
from dartsx.search.stages import check_stages, run_stages


def run_search(
    plan: Plan,
    examples: Examples,
    seed: int = 0,
    mesh: jax.sharding.Mesh | None = None,
    folder: Folder | None = None,
    title: str = "search",
) -> SearchResult | None:
    """Runs or resumes a search.

    Args:
      plan: the decisions that make up the search.
      examples: examples of both halves, on the devices of the mesh.
      seed: seed of all that is random.
      mesh: the devices; None for all.
      folder: a folder of `dartsx.runtime.open_workdir`, which holds logs, checkpoints and results and from which the
        search is resumed; None keeps nothing.
      title: title shown to readers.

    Returns:
      What is found; None if a signal stopped it (with a folder the same call resumes it).

    Raises:
      PlanError: an argument of the plan does not fit the others or the examples.
      NonFiniteError: a loss or the state became NaN or infinite.
    """
    search = Search(plan, examples, seed, mesh or make_mesh())
    check_stages(plan, search.full_epoch, search.image_shape)
    return run_stages(search, folder or Unrecorded(), title)
