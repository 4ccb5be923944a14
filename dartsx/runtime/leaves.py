"""Names for the leaves of a pytree, the same in checkpoints and in error messages."""

from typing import Any

import jax


def named_leaves(tree: Any) -> list[tuple[str, Any]]:
    """Leaves with dotted names, in tree order: ``[("params.stem.kernel", array), ...]``.

    Args:
      tree: any pytree; ``None`` is an empty subtree, as everywhere in JAX.

    Returns:
      One (name, leaf) pair per leaf. A tree that is itself a leaf is named ``value``.
    """
    flat, _ = jax.tree_util.tree_flatten_with_path(tree)
    return [(jax.tree_util.keystr(path, simple=True, separator=".") or "value", leaf) for path, leaf in flat]


def is_key(leaf: Any) -> bool:
    """Whether a leaf is an array of typed PRNG keys (``jax.random.key``)."""
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)
