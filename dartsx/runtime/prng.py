"""Named streams of randomness, so that a resumed run repeats to the bit.

A run has one root key. Every use of randomness has a stream of its own, found by name, and every
step a key of its own in that stream::

    augment = at_step(stream(root, "train/augment"), step)

No key is ever carried from one step to the next: what step 1,000 draws depends on the root key, the
name and the number 1,000 alone, whether the run got there in one go or was killed and resumed. A
new stream does not shift the numbers of the others.

Convention for names (``part/use``; a module that draws states its stream in its docstring):

=================  =============================  ====================================
stream             folded with                    used for
=================  =============================  ====================================
``init/weights``   nothing                        initial weights of supernet, network
``init/alphas``    nothing                        initial alphas
``split``          nothing                        which examples search trains on
``<part>/order``   epoch                          order of examples
``<part>/augment`` step                           crop, flip, cutout
``drop_path``      step                           drop path masks
``relaxation``     step                           noise of sampled mixtures
=================  =============================  ====================================
"""

import zlib

import jax


def stream(key: jax.Array, name: str) -> jax.Array:
    """Key of the stream with this name.

    The name is hashed by CRC-32, the same on every machine and in every process (Python's own hash
    is salted per process).

    Args:
      key: typed PRNG key, shape ().
      name: any text; see the module docstring for the convention.

    Returns:
      Typed PRNG key, shape ().
    """
    return jax.random.fold_in(key, zlib.crc32(name.encode("utf-8")))


def at_step(key: jax.Array, step: jax.Array | int) -> jax.Array:
    """Key of one step (or epoch) within a stream.

    Args:
      key: typed PRNG key of a stream, shape ().
      step: integer in [0, 2**32), a Python int or a traced scalar.

    Returns:
      Typed PRNG key, shape ().
    """
    return jax.random.fold_in(key, step)
