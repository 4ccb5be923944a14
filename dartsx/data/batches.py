"""Which examples make up which batch."""

import jax
import jax.numpy as jnp
import numpy as np


def steps_per_epoch(size: int, batch_size: int) -> int:
    """Full batches in one pass over ``size`` examples.

    Raises:
        ValueError: if there is not one full batch.
    """
    if not 1 <= batch_size <= size:
        raise ValueError(f"batch_size={batch_size} does not fit {size} examples: it must be from 1 to {size}")
    return size // batch_size


def epoch_indices(key: jax.Array, size: int, batch_size: int) -> jax.Array:
    """The batches of one training epoch: a random order of all examples, cut into full batches.

    No example comes twice in an epoch. The last ``size % batch_size`` of the random order do not
    make a full batch and are left out of this epoch; every epoch's key leaves out others. Can be
    compiled with ``size`` and ``batch_size`` static.

    Args:
        key: PRNG key of this epoch.
        size: number of examples.
        batch_size: examples per batch.

    Returns:
        int32 [steps_per_epoch(size, batch_size), batch_size], numbers of examples.

    Raises:
        ValueError: if there is not one full batch.
    """
    steps = steps_per_epoch(size, batch_size)
    order = jax.random.permutation(key, jnp.arange(size, dtype=jnp.int32))
    return order[: steps * batch_size].reshape(steps, batch_size)


def padded_batches(size: int, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """The batches of an evaluation: every example exactly once, in order.

    The last batch is filled up with example 0, which the mask takes out again.

    Args:
        size: number of examples.
        batch_size: examples per batch; may exceed ``size``.

    Returns:
        ``(indices, mask)``: int32 and bool [ceil(size / batch_size), batch_size].

    Raises:
        ValueError: if ``size`` or ``batch_size`` is not positive.
    """
    if size < 1 or batch_size < 1:
        raise ValueError(f"size={size} and batch_size={batch_size} must be positive")
    steps = -(-size // batch_size)
    position = np.arange(steps * batch_size, dtype=np.int32).reshape(steps, batch_size)
    mask = position < size
    return np.where(mask, position, 0).astype(np.int32), mask
