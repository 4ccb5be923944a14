"""PyTorch: a file with the network as a module, written layer by layer, and its weights beside it.

The file needs PyTorch alone. The weights are a state dict (``weights.pt``), or where PyTorch is not installed the same
arrays by the same names as NumPy writes them (``weights.npz``); the file's ``load()`` reads either.
"""

from __future__ import annotations

import importlib.util
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from dartsx.export.errors import ExportError, installed
from dartsx.export.refusal import check_layers
from dartsx.export.torch_layers import LAYERS, Written
from dartsx.export.trained import Trained
from dartsx.networks.step import Step
from dartsx.nn.pytorch import own_module

FORMAT = "torch"
FILE, STATE, ARRAYS = "model.py", "weights.pt", "weights.npz"
_HEAD = '''"""{label} as a PyTorch module: images float32 [N, {channels}, {height}, {width}] -> {outputs}.

Written by dartsx; the weights lie beside this file. Which values the images have, and what the outputs stand for, says
model.json.

    network = load()
    outputs = network(images)
"""

import pathlib

import torch
import torch.nn.functional as F
from torch import nn


class Network(nn.Module):
    """The network; its layers bear the names of the description, with _ in place of other marks."""

    def __init__(self):
        super().__init__()
'''
_TAIL = '''

def load(folder=pathlib.Path(__file__).resolve().parent):
    """The network with the weights of the folder, in evaluation."""
    folder = pathlib.Path(folder)
    if (folder / "weights.pt").exists():
        state = torch.load(folder / "weights.pt", map_location="cpu", weights_only=True)
    else:
        import numpy

        with numpy.load(folder / "weights.npz") as arrays:
            state = {name: torch.from_numpy(arrays[name]) for name in arrays}
    network = Network()
    network.load_state_dict(state)
    return network.eval()
'''


def write(trained: Trained, folder: pathlib.Path) -> tuple[str, ...]:
    """Writes the module and the weights; returns the names of the files.

    Raises:
      ExportError: a layer has no form in PyTorch here.
    """
    written = _written(trained)
    (folder / FILE).write_text(_source(trained, written), encoding="ascii", errors="backslashreplace")
    return FILE, _save(_state(written), folder)


def state_dict(trained: Trained) -> dict[str, np.ndarray]:
    """The arrays of the module's state dict.

    Raises:
      ExportError: a layer has no form in PyTorch here.
    """
    return _state(_written(trained))


def _written(trained: Trained) -> list[tuple[Step, Written]]:
    """All layers but the input, in order of computation."""
    check_layers(trained.label, trained.steps, LAYERS, FORMAT)
    steps = trained.steps[1:]
    owners = {}
    for step in steps:
        if owners.setdefault(own_module(step), step.tied or step.name) != (step.tied or step.name):
            raise ExportError(f"{trained.label}: another layer than {step.name} has the name {own_module(step)}, too")
    written = [LAYERS[type(step.layer)](step, trained.arrays(step)) for step in steps]
    own = (w._replace(module=None, state={}) if s.tied else w for s, w in zip(steps, written, strict=True))
    return list(zip(steps, own, strict=True))


def _state(written: Sequence[tuple[Step, Written]]) -> dict[str, np.ndarray]:
    return {
        f"{own_module(step)}.{name}": np.ascontiguousarray(array)
        for step, layer in written
        for name, array in layer.state.items()
    }


def _save(state: Mapping[str, np.ndarray], folder: pathlib.Path) -> str:
    for name in (STATE, ARRAYS):  # of an earlier export, which might be loaded in place of this one
        (folder / name).unlink(missing_ok=True)
    try:
        import torch
    except ImportError:
        np.savez(folder / ARRAYS, **state)
        return ARRAYS
    torch.save({name: torch.tensor(array) for name, array in state.items()}, folder / STATE)
    return STATE


def _source(trained: Trained, written: Sequence[tuple[Step, Written]]) -> str:
    height, width, channels = trained.shape
    shape = trained.steps[-1].shape
    outputs = f"[N, {', '.join(str(int(n)) for n in (shape[-1:] + shape[:-1]))}]"
    label = trained.label.replace("\\", "/").replace('"', "'")  # it stands in a string of Python
    head = _HEAD.format(label=label, channels=channels, height=height, width=width, outputs=outputs)
    declared = [f"self.{own_module(step)} = {layer.module}" for step, layer in written if layer.module]
    body = "".join(f"        {line}\n" for line in declared)
    forward = "".join(f"        {line}\n" for line in _computed(written))
    return f"{head}{body}\n    def forward(self, images):\n{forward}{_TAIL}"


def _computed(written: Sequence[tuple[Step, Written]]) -> Iterator[str]:
    """The lines of ``forward``. A value that nothing reads any more gives its name to the next."""
    last = {i: position for position, (step, _) in enumerate(written, start=1) for i in step.inputs}
    named, free, scope, count = {0: "images"}, [], None, 0
    for position, (step, layer) in enumerate(written, start=1):
        read = [named[i] for i in step.inputs]
        if layer.code == "{0}":  # the same value under the same name, which lives as long as either is read
            named[position] = read[0]
            continue
        living = {named[i] for i, end in last.items() if i in named and end > position}
        free += [name for name in dict.fromkeys(read) if name not in living and name != "images"]
        if free:
            named[position] = free.pop(0)
        else:
            named[position], count = f"x{count}", count + 1
        if step.name.rpartition("/")[0] != scope:
            scope = step.name.rpartition("/")[0]
            yield f"# {scope}"
        yield f"{named[position]} = {layer.code.format(*read, self=f'self.{own_module(step)}')}"
    yield f"return {named[len(written)]}"


def opened(folder: pathlib.Path) -> Callable[[np.ndarray], np.ndarray]:
    """What the folder's module computes on the CPU; runs the Python file that lies there.

    Raises:
      ExportError: PyTorch is not installed.
    """
    torch = installed("torch", "computing a PyTorch module", "bench")
    spec = importlib.util.spec_from_file_location("exported_network", folder / FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load(folder)

    def run(examples: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(torch.tensor(examples)).numpy()

    return run
