"""The supernet of an open description: every option of every decision, mixed; computes in [N, H, W, C]."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.catalog import OPEN_REMAT, SHARING
from dartsx.kernels.choice import Forms
from dartsx.kernels.initial_weights import normal
from dartsx.kernels.moments import inverse_deviation, unbiased
from dartsx.kernels.pixel_major.batch_norm import affine, batch_norm
from dartsx.kernels.pixel_major.execute import Context, execute
from dartsx.kernels.pixel_major.opened import Opened
from dartsx.kernels.running_statistics import moved
from dartsx.networks import Network, Step
from dartsx.networks.errors import check_choice
from dartsx.networks.layers import Norm
from dartsx.networks.step import primitive
from dartsx.nn.sharing import Sharing
from dartsx.spaces import DescribedSpace
from dartsx.spaces.decided import GROUP

COMPUTED = "/computed"
Entry = Callable[[str, str], jax.Array]


class OpenSupernet(nn.Module):
    """A described space's supernet. Interface and variables are those of `Supernet` and `DescribedNetwork`.

    ``params`` and ``batch_stats`` hold an entry per layer under its name in the open trace; at a one-hot mixture the
    supernet computes exactly the closed network that has the first channels of its weights.

    Attributes:
      space: the decisions, in the order of the mixture's rows.
      channels, layers, classes, stem_multiplier: size of the network, of which the description uses what it needs; None
        stands for the space's own scale.
      dtype: dtype of the activations; parameters, statistics and logits stay float32 or wider.
      form: form of grouped convolutions (`grouped.FORMS`), or None to choose by backend and size.
      backend: the backend for which the program is meant, as in `DescribedNetwork`.
      remat: what the backward pass computes again: ``"none"`` (also if None) or ``"branch"``, the options of choices.
      sharing: ``"none"``: every option has weights of its own; else one of `dartsx.catalog.SHARING`, see `sharing`.
      activation: ReLU; a smooth stand-in serves tests of derivatives.
      lazy: options whose weight in the mixture is exactly 0 are not computed; no gradient flows through such weights,
        and their running statistics stay as they are. The backward pass computes the others again, so that a step takes
        the memory of what is computed.
    """

    space: DescribedSpace
    channels: int | None = None
    layers: int | None = None
    classes: int | None = None
    stem_multiplier: int | None = None
    dtype: Any = jnp.float32
    form: str | None = None
    backend: str | None = None
    remat: str | None = None
    sharing: str = "none"
    activation: Callable[[jax.Array], jax.Array] = jax.nn.relu
    lazy: bool = False

    @property
    def description(self) -> Network:
        """The open network."""
        sizes = {name: getattr(self, name) for name in ("channels", "layers", "classes", "stem_multiplier")}
        given = {name: size for name, size in sizes.items() if size is not None}
        return self.space.description(dataclasses.replace(self.space.scale, **given))

    @property
    def cells(self) -> dict[str, int]:
        """The one table of decisions counts as one cell."""
        return {GROUP: 1}

    @nn.compact
    def __call__(self, images: jax.Array, mixture: Mapping[str, jax.Array], train: bool) -> jax.Array:
        """Computes logits, without the description's dropout and drop path.

        Args:
          images: [N, H, W, channels], of any size that the description allows.
          mixture: [decisions, options] under ``"decisions"``, also with a leading axis of 1. Lazy supernets compute
            options of weight 0, too, and have their derivatives, where booleans under ``"decisions/computed"`` say so.
          train: normalise by the batch's statistics, otherwise by the running ones.

        Returns:
          Logits [N, classes]. With ``mutable=["batch_stats"]`` the running statistics move (train only).

        Raises:
          ValueError: the images are too small, `remat` or `sharing` is unknown.
        """
        remat = self.remat or "none"
        check_choice("remat", remat, OPEN_REMAT)
        check_choice("sharing", self.sharing, SHARING)
        steps = self.description.trace(images.shape[1:])
        inside = tuple(primitive(steps))
        weights = self._weights(inside)
        statistics = {step.name: self._statistics(step) for step in inside if isinstance(step.layer, Norm)}
        weight, needed = self._weigh(mixture)

        def context(moments: dict[str, Any]) -> Context:
            def normalize(name, x, parameters, epsilon):
                if train:
                    return _normalized(moments, name, x, parameters, epsilon)
                used = statistics[name].value
                inverse = inverse_deviation(used["var"], epsilon)
                return affine(x, used["mean"], inverse, parameters["scale"], parameters["bias"])

            opened = Opened(weight, branch, moments, needed, remat)
            return Context(normalize, forms=Forms(self.backend, self.form), relu=self.activation, opened=opened)

        def branch(steps: tuple[Step, ...], x: jax.Array, moments: dict[str, Any]) -> jax.Array:
            return execute(steps, [x], weights, context(moments))

        moments: dict[str, Any] = {}
        logits = execute(steps, [images.astype(self.dtype)], weights, context(moments))
        # Virtual passes, which do not make the statistics mutable, leave them alone.
        if self.is_mutable_collection("batch_stats") and not self.is_initializing():
            for name, batch in moments.items():
                statistics[name].value = _moved(statistics[name].value, dict(batch))
        return logits

    def _weights(self, steps: tuple[Step, ...]) -> dict[str, Mapping[str, jax.Array]]:
        """The arrays of every layer that has any, by its name; the first time they are made."""
        shared = None if self.sharing == "none" else Sharing(steps, self.sharing == "transformed")
        if self.is_initializing():
            fresh = normal(self.make_rng("params"), steps)
            for name, value in (fresh if shared is None else shared.held(fresh)).items():
                self.param(name, lambda _, value=value: value)
        names = [step.name for step in steps if step.weights] if shared is None else shared.shapes
        held = {name: self.get_variable("params", name) for name in names}
        return held if shared is None else {step.name: shared.part(step, held) for step in steps if step.weights}

    def _statistics(self, step: Step) -> nn.Variable:
        channels = int(step.shape[-1])
        return self.variable("batch_stats", step.name, lambda: {"mean": jnp.zeros(channels), "var": jnp.ones(channels)})

    def _weigh(self, mixture: Mapping[str, jax.Array]) -> tuple[Entry, Entry | None]:
        """Entries of the mixture, and whether options are computed, by decision and option."""
        rows = mixture[GROUP]
        rows = rows[0] if rows.ndim == 3 else rows
        at = self.space.entries
        if not self.lazy or self.is_initializing():
            return lambda name, option: rows[at[name, option]], None
        computed = (rows != 0) | mixture.get(f"{GROUP}{COMPUTED}", False)
        return lambda name, option: rows[at[name, option]], lambda name, option: computed[at[name, option]]


def _normalized(moments: dict[str, Any], name: str, x: jax.Array, parameters: Mapping[str, jax.Array], epsilon: float):
    y, mean, variance = batch_norm(x, parameters["scale"], parameters["bias"], epsilon)
    variance = unbiased(variance, math.prod(x.shape[:-1]))
    moments[name] = {"mean": mean, "var": variance, "computed": jnp.array(True)}
    return y


def _moved(running: dict[str, jax.Array], batch: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Running statistics after a batch; as they were where it was not computed."""
    computed = batch.pop("computed")
    return jax.tree.map(lambda new, old: jnp.where(computed, new, old), moved(running, batch), running)
