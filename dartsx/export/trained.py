"""A trained network as exports read it: its module and variables, and by its description every layer with weights."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from dartsx.networks import Network
from dartsx.networks.layers import Shape
from dartsx.networks.step import Step
from dartsx.nn import DescribedNetwork
from dartsx.nn.places import to_steps

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
    """A network with its weights.

    Attributes:
      module: what trained it, see `dartsx.nn.derived.network_of`.
      variables: ``params`` and ``batch_stats`` of the module.
      shape: shape of one example: (height, width, channels), or (steps,) of words.
      label: its name in messages.
    """

    module: nn.Module
    variables: Mapping[str, Any]
    shape: Shape
    label: str

    @property
    def description(self) -> Network:
        """Its layers."""
        return self.module.description

    @property
    def dtype(self) -> str:
        """Dtype of its input: float32 of images, int32 of the numbers of words."""
        return "int32" if self.description.reads == "words" else "float32"

    @functools.cached_property
    def steps(self) -> tuple[Step, ...]:
        """All layers for examples of this shape, the auxiliary head left out; the last one gives the outputs."""
        return self.description.trace(self.shape)

    @functools.cached_property
    def output(self) -> Shape:
        """Shape of the outputs for one example; language models give none for words that only prepare the state."""
        example = jax.ShapeDtypeStruct((1, *self.shape), self.dtype)
        return jax.eval_shape(self.outputs(), example).shape[1:]

    @functools.cached_property
    def by_step(self) -> dict[str, dict[str, Any]]:
        """The variables of a `DescribedNetwork` of this description."""
        return to_steps(self.module.places(self.steps), self.variables, self.steps)

    def arrays(self, step: Step) -> Arrays:
        """The weights and running statistics that a step computes with, by name."""
        owner = step.tied or step.name
        return {name: value for arrays in self.by_step.values() for name, value in arrays.get(owner, {}).items()}

    def outputs(self) -> Callable[[jax.Array], jax.Array]:
        """The network in evaluation, a pure function that can be traced for any backend and any number of examples.

        Images pass the layers of the description one by one, by the library's convolutions alone; words pass the module
        that was trained, which has one form only.
        """
        if self.description.reads == "words":
            return self._run(self.module.clone(dtype=jnp.float32), self.variables)
        return self._run(DescribedNetwork(self.description, form="plain"), self.by_step)

    @staticmethod
    def _run(module: nn.Module, variables: Mapping[str, Any]) -> Callable[[jax.Array], jax.Array]:
        arrays = jax.tree.map(jnp.asarray, variables)  # which traced numbers of words can index
        return lambda examples: module.apply(arrays, examples, False).main
