"""NaN guard: find out which tensors went bad, and stop with their names."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.runtime.compiling import jit
from dartsx.runtime.leaves import named_leaves

_NAMES_SHOWN = 8


class NonFiniteError(ArithmeticError):
    """A run met NaN or infinity.

    Attributes:
      step: number of the step at which it was noticed.
      names: names of the tensors that hold NaN or infinity.
      metrics: the metrics of that step.
    """

    def __init__(self, step: int, names: Sequence[str], metrics: Mapping[str, Any] | None = None):
        self.step = int(step)
        self.names = tuple(names)
        self.metrics = dict(metrics or {})
        shown = ", ".join(self.names[:_NAMES_SHOWN]) or "none of the state"
        if len(self.names) > _NAMES_SHOWN:
            shown += f" and {len(self.names) - _NAMES_SHOWN} more"
        values = ", ".join(f"{key}={value}" for key, value in self.metrics.items())
        super().__init__(
            f"NaN or infinity at step {self.step} in: {shown}"
            + (f" (metrics: {values})" if values else "")
            + ". The last good checkpoint is kept; a lower learning rate, gradient clipping or "
            "float32 instead of bfloat16 are the usual cures."
        )


class Guard(Protocol):
    """What a loop does about NaN and infinity. Both calls return the state to go on with, or raise NonFiniteError."""

    def after_chunk(self, state: Any, metrics: Mapping[str, Mapping[str, Any]], first_step: int) -> Any:
        """After a compiled chunk: its metrics on the host, arrays [steps, ...], and the steps done before it."""
        ...

    def before_checkpoint(self, state: Any, step: int) -> Any:
        """Before a checkpoint: the last weight step of a chunk shows in no loss of that chunk."""
        ...


class StopAtNonFinite:
    """Raises at the first loss that is not finite, and rather than save a state that is not."""

    def after_chunk(self, state: Any, metrics: Mapping[str, Mapping[str, Any]], first_step: int) -> Any:
        """Raises NonFiniteError with the first bad step and the losses there."""
        losses = {split: np.asarray(values["loss"]) for split, values in metrics.items()}
        bad = first_nonfinite(losses)
        if bad is not None:
            odd = {f"{split}_loss": float(v[bad]) for split, v in losses.items() if not np.isfinite(v[bad])}
            raise NonFiniteError(first_step + bad + 1, nonfinite_leaves(state), odd)
        return state

    def before_checkpoint(self, state: Any, step: int) -> Any:
        """Raises NonFiniteError if the state holds NaN or infinity."""
        if not bool(_all_finite(state)):
            raise NonFiniteError(step, nonfinite_leaves(state))
        return state


def first_nonfinite(losses: Mapping[str, np.ndarray]) -> int | None:
    """Position of the first step at which one of the losses [steps] is not finite, None if all are."""
    bad = ~np.all([np.isfinite(values) for values in losses.values()], 0)
    return int(np.argmax(bad)) if bad.any() else None


def all_finite(tree: Any) -> jax.Array:
    """Whether every floating leaf is finite; cheap, and works inside ``jit``.

    Args:
      tree: any pytree of arrays; integers, booleans and PRNG keys count as finite.

    Returns:
      Boolean scalar.
    """
    flags = [jnp.all(jnp.isfinite(leaf)) for _, leaf in _inexact(tree)]
    return jnp.all(jnp.stack(flags)) if flags else jnp.asarray(True)


def nonfinite_leaves(tree: Any) -> list[str]:
    """Names of the leaves that hold NaN or infinity, in tree order.

    Args:
      tree: any pytree of concrete arrays or numbers.

    Returns:
      Dotted names such as ``"params.stem.kernel"``; empty if all is well.
    """
    return [name for name, leaf in _inexact(tree) if not bool(jnp.all(jnp.isfinite(leaf)))]


def _inexact(tree: Any) -> list[tuple[str, Any]]:
    def counts(leaf: Any) -> bool:
        dtype = getattr(leaf, "dtype", None)
        dtype = np.asarray(leaf).dtype if dtype is None else dtype
        return jnp.issubdtype(dtype, jnp.inexact)

    return [(name, leaf) for name, leaf in named_leaves(tree) if counts(leaf)]


_all_finite = jit(all_finite)
