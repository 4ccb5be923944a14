"""ONNX: the layers of the description as a graph, for any number of images at once, weights inside.

Nodes bear the names of the description's layers.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from dartsx.export.errors import installed
from dartsx.export.onnx_layers import LAYERS, OPSET
from dartsx.export.refusal import check_layers
from dartsx.export.trained import Trained
from dartsx.networks.step import Step

FORMAT, FILE = "onnx", "model.onnx"
INPUT, OUTPUT = "images", "outputs"
IR_VERSION = 8  # what opset 18 came with, so that runtimes of its time read the file


class _Graph:
    """Nodes and arrays so far; names begin with that of the current layer."""

    def __init__(self, onnx: Any):
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.layer = ""
        self._count = 0

    def begin(self, layer: str) -> None:
        """Nodes and arrays from here on belong to this layer."""
        self.layer, self._count = layer, 0

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Appends a node and returns the name of its output."""
        self._count += 1
        name = self.layer if self._count == 1 else f"{self.layer}/{self._count}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, array: Any) -> str:
        """Appends an array and returns its name."""
        name = f"{self.layer}/{name}" if self._count == 0 else f"{self.layer}/{self._count}/{name}"
        self.arrays.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name


def model(trained: Trained) -> Any:
    """The ``onnx.ModelProto``, checked by onnx.

    Raises:
      ExportError: onnx is not installed, or a layer has no form in ONNX here.
    """
    check_layers(trained.label, trained.steps, LAYERS, FORMAT)
    onnx = installed("onnx", "an export to ONNX")
    graph, values = _Graph(onnx), [INPUT]
    for step in trained.steps[1:]:
        graph.begin(step.name)
        read = (values[i] for i in step.inputs)
        values.append(LAYERS[type(step.layer)](graph, step, trained.arrays(step), *read))
    graph.begin(OUTPUT)
    graph.node("Identity", values[-1])
    ends = [_described(onnx, name, step) for name, step in ((INPUT, trained.steps[0]), (OUTPUT, trained.steps[-1]))]
    made = onnx.helper.make_graph(graph.nodes, trained.label, ends[:1], ends[1:], graph.arrays)
    opset = onnx.helper.make_opsetid("", OPSET)
    proto = onnx.helper.make_model(made, opset_imports=[opset], ir_version=IR_VERSION, producer_name="dartsx")
    onnx.checker.check_model(proto, full_check=True)
    return proto


def write(trained: Trained, folder: pathlib.Path) -> tuple[str, ...]:
    """Writes the file; returns its name. Raises ExportError as `model` does."""
    (folder / FILE).write_bytes(model(trained).SerializeToString())
    return (FILE,)


def _described(onnx: Any, name: str, step: Step) -> Any:
    """Name, dtype and shape, channels first, of what goes in or comes out."""
    shape = ["batch", *(int(n) for n in (*step.shape[-1:], *step.shape[:-1]))]
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def opened(folder: pathlib.Path) -> Callable[[np.ndarray], np.ndarray]:
    """What the file computes in onnxruntime on the CPU.

    Raises:
      ExportError: onnxruntime is not installed.
    """
    runtime = installed("onnxruntime", "computing an ONNX file")
    session = runtime.InferenceSession(str(folder / FILE), providers=["CPUExecutionProvider"])
    return lambda examples: session.run([OUTPUT], {INPUT: examples})[0]
