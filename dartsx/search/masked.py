"""Methods that see some columns of the alphas only: the others read as minus infinity, so their weight is 0."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.search.method import Method
from dartsx.spaces import Space

Kept = Mapping[str, np.ndarray]  # by group booleans of the shape of its alphas


def padded(base: Method, space: Space) -> Method:
    """`base` for a space whose rows of options differ in length: columns behind a row's last option are not seen."""
    kept = _columns(space)
    return base if all(mask.all() for mask in kept.values()) else masked(base, kept)


def present(alpha: Mapping[str, jax.Array], space: Space) -> dict[str, jax.Array]:
    """The alphas of the space's groups, minus infinity behind a row's last option."""
    return {
        group: alpha[group] if mask.all() else jnp.where(mask, alpha[group], -jnp.inf)
        for group, mask in _columns(space).items()
    }


def masked(base: Method, kept: Kept) -> Method:
    """`base`, to which the alphas outside of `kept` read as minus infinity."""
    masks = {name: np.asarray(mask, bool) for name, mask in kept.items()}

    def seen(alpha, xp=jnp):
        return {name: xp.where(masks[name], a, -xp.inf) if name in masks else a for name, a in alpha.items()}

    def expected(alpha, progress):
        return base.expected(seen(alpha), progress)

    def penalty(alpha, progress):
        return base.penalty(seen(alpha), progress)

    def paths(alpha, key, progress):
        return base.paths(seen(alpha), key, progress)

    def rescale(before, after):
        rescaled = base.rescale(seen(before), seen(after))
        return {name: jnp.where(masks[name], rescaled[name], a) if name in masks else a for name, a in after.items()}

    learning = base.learning and dataclasses.replace(base.learning, seen=lambda alpha: base.learning.seen(seen(alpha)))
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, progress: base.mixture(seen(alpha), key, progress),
        strength=lambda alpha: base.strength(seen(alpha, np)),
        chances=lambda alpha: base.chances(seen(alpha)),
        expected=expected if base.expected else None,
        penalty=penalty if base.penalty else None,
        paths=paths if base.paths else None,
        learning=learning,
        rescale=rescale if base.rescale else None,
    )


def _columns(space: Space) -> Kept:
    """Which columns of every row weigh an option."""
    kept = {}
    for group, shape in space.alpha_shapes.items():
        lengths = np.array([len(names) for names in space.options[group]])
        kept[group] = np.arange(shape[1]) < lengths[:, None]
    return kept
