"""The weights of a checkpoint, with which an evaluation begins in place of drawn ones."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from dartsx.data.identity import Fingerprint
from dartsx.experiments.settings import blame
from dartsx.networks.layers import Shape
from dartsx.nn.derived import AnyNetwork
from dartsx.nn.places import from_steps
from dartsx.nn.pytorch import from_pytorch
from dartsx.nn.pytorch_files import read_state
from dartsx.retrain import RetrainProblem, RetrainState, started_from

FIELD = "evaluate.initial_weights"


class InitialWeights:
    """Weights and running statistics of a file, for one network.

    Attributes:
      content: what the file holds, for the work directory.

    Raises:
      SettingsError: there is no such file, or it does not fit the network; names the array.
    """

    def __init__(self, file: str, network: AnyNetwork, shape: Shape):
        self._network, self._shape = network, shape
        with blame(FIELD, file, FileNotFoundError, ValueError):
            state = read_state(pathlib.Path(file).expanduser())
            self._by_step = from_pytorch(network.description, state, shape)
        self.content = {"arrays": len(state), "fingerprint": _fingerprint(state)}

    def put_into(self, problem: RetrainProblem, state: RetrainState) -> RetrainState:
        """The state before the first step, with these weights in place of its own."""
        steps = self._network.description.trace(self._shape, auxiliary=True)
        like = {"params": state.params, "batch_stats": state.batch_stats}
        return started_from(problem, state, from_steps(self._network.places(steps), self._by_step, like))


def _fingerprint(state: Mapping[str, Any]) -> str:
    made = Fingerprint()
    for name in sorted(state):
        made.add(name, np.asarray(state[name]))
    return made.text()
