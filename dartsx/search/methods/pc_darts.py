"""PC-DARTS (arXiv:1907.05737): candidates see one in K channels, and edges have weights of their own.

Partial channels (K = 4): the first C / K channels go through the mixture, the others pass by (after a 2x2
max pool at stride 2, as in the released code); the result is shuffled over K groups, see
`dartsx.kernels.channel_major.partial`. Edge normalisation: the output of the edge from i to j is weighted by softmax
over i of beta_ij, beta learnt like alpha; derivation ranks edges by the product of both weights. Unlike DARTS the
alphas rest during the first 15 epochs (in the config), and memory is saved, so that batches can be larger (256). The
learning rate falls from 0.1 to 0 as in the paper; the released code stops at 0.001.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.search.method import Alpha, HostAlpha, Method, Mixture, Task, on_mixtures
from dartsx.spaces.cell_graph import needed

EDGES = "/edges"


def pc_darts(base: Method, task: Task, partial_channels: int, edge_weights: bool) -> Method:
    """`base` with partial channels and edge normalisation; see the module's docstring.

    Raises:
      ValueError: the space is none of cells.
    """
    needed(task.space.graph, "pc_darts")
    method = dataclasses.replace(base, partial_channels=partial_channels)
    return edge_normalized(method, task) if edge_weights else method


def edge_normalized(base: Method, task: Task) -> Method:
    """`base` with a learnt weight for every edge; its alphas gain [edges] under ``<cell type>/edges``.

    The rows of the mixture are multiplied by the weights of their edges, which also stand in the mixture by themselves
    for what passes by the candidates.

    Raises:
      ValueError: the space has no edges.
    """
    same = same_target(needed(task.space.graph, "pc_darts").edges)

    def init(key, shapes):
        edges = {f"{name}{EDGES}": shape[:1] for name, shape in shapes.items()}
        return dict(base.init(key, {**shapes, **edges}))

    def rescale(before, after):
        return {**after, **base.rescale(candidates(before), candidates(after))}

    def expected(alpha, progress):
        return weighted(base.expected(candidates(alpha), progress), alpha, same)

    def strength(alpha):
        edges = {name: edge_softmax(np.asarray(a, np.float64), same, np) for name, a in alpha.items() if is_edges(name)}
        rows = base.strength(candidates(alpha))
        return {name: r * edges[f"{name}{EDGES}"][:, None] for name, r in rows.items()}

    def penalty(alpha, progress):
        return base.penalty(candidates(alpha), progress)

    return dataclasses.replace(
        base,
        init=init,
        **on_mixtures(_of_candidates(base), lambda mixture, alpha, key, progress: weighted(mixture, alpha, same)),
        strength=strength,
        chances=lambda alpha: base.chances(candidates(alpha)),
        expected=expected if base.expected else None,
        penalty=penalty if base.penalty else None,
        rescale=rescale if base.rescale else None,
    )


def _of_candidates(base: Method) -> Method:
    """`base`, whose mixtures do not see the alphas of edges."""

    def paths(alpha, key, progress):
        return base.paths(candidates(alpha), key, progress)

    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, progress: base.mixture(candidates(alpha), key, progress),
        paths=paths if base.paths else None,
    )


def same_target(edges: tuple[tuple[int, int], ...]) -> np.ndarray:
    """[edges, edges], 1 where two edges enter the same node."""
    targets = np.array([target for _, target in edges])
    return (targets[:, None] == targets[None, :]).astype(np.float64)


def edge_softmax(beta, same: np.ndarray, xp=jnp):
    """Softmax of beta [..., edges] over the edges into each node."""
    exponentials = xp.exp(beta - beta.max(-1, keepdims=True))
    return exponentials / (exponentials @ xp.asarray(same, beta.dtype))


def is_edges(name: str) -> bool:
    """Whether these alphas weigh edges, not candidates."""
    return name.endswith(EDGES)


def candidates(alpha: Mapping) -> dict:
    """The alphas of candidates."""
    return {name: logits for name, logits in alpha.items() if not is_edges(name)}


def weighted(mixture: Mixture, alpha: Alpha | HostAlpha, same: np.ndarray) -> dict[str, jax.Array]:
    """Mixture times edge weights, and the edge weights."""
    edges = {name: edge_softmax(beta, same) for name, beta in alpha.items() if is_edges(name)}
    rows = {name: r * edges[f"{name}{EDGES}"][..., None] for name, r in mixture.items()}
    return {**rows, **edges}
