"""Which examples make up which batch."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.data import epoch_indices, padded_batches, steps_per_epoch

compiled = jax.jit(epoch_indices, static_argnums=(1, 2))


@pytest.mark.parametrize(("size", "batch"), [(60, 12), (65, 12), (7, 7), (5, 1)])
def test_epoch_repeats_no_example_and_leaves_out_the_stated_remainder(size, batch):
    indices = np.asarray(compiled(jax.random.key(0), size, batch))
    assert indices.dtype == np.int32
    assert indices.shape == (size // batch, batch)
    used = set(indices.ravel().tolist())
    assert len(used) == indices.size
    assert used <= set(range(size))
    assert size - len(used) == size % batch


def test_every_epoch_leaves_out_other_examples():
    epochs = [compiled(jax.random.key(e), 65, 12) for e in range(20)]
    missing = [set(range(65)) - set(np.ravel(e).tolist()) for e in epochs]
    assert len(set.union(*missing)) > 30


def test_epoch_is_the_same_with_and_without_x64():
    plain = compiled(jax.random.key(1), 100, 10)
    with jax.enable_x64(True):
        wide = functools.partial(epoch_indices, size=100, batch_size=10)(jax.random.key(1))
    assert wide.dtype == jnp.int32
    np.testing.assert_array_equal(plain, wide)


@pytest.mark.parametrize("batch", [0, 11, -1])
def test_a_batch_that_does_not_fit_is_refused(batch):
    with pytest.raises(ValueError, match=f"batch_size={batch} does not fit 10 examples"):
        steps_per_epoch(10, batch)


@pytest.mark.parametrize(("size", "batch"), [(10, 5), (11, 5), (3, 8), (1, 1)])
def test_padded_batches_hold_every_example_exactly_once(size, batch):
    indices, mask = padded_batches(size, batch)
    assert indices.dtype == np.int32 and mask.dtype == np.bool_
    assert indices.shape == mask.shape == (-(-size // batch), batch)
    np.testing.assert_array_equal(indices[mask], np.arange(size))
    assert (indices < size).all()  # padding can be gathered


@pytest.mark.parametrize(("size", "batch"), [(0, 5), (5, 0)])
def test_padded_batches_refuse_nothing(size, batch):
    with pytest.raises(ValueError, match="must be positive"):
        padded_batches(size, batch)
