"""The formats of exports by name: how each is written and read again."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np

from dartsx.export import onnx_graph, stablehlo, tflite_ready, torch_module
from dartsx.export.card import Artefact, Card, read
from dartsx.export.errors import ExportError
from dartsx.export.trained import Trained
from dartsx.runtime import jit

Run = Callable[[np.ndarray], np.ndarray]  # examples, channels last -> outputs, channels last


@dataclasses.dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
      write: writes a network's files into a folder and returns their names.
      open: folder -> the function that computes them, in the format's own layout.
      channels_first: whether that layout is NCHW.
      batch: number of examples that the files read at once; None for any.
    """

    write: Callable[[Trained, pathlib.Path], tuple[str, ...]]
    open: Callable[[pathlib.Path], Run]
    channels_first: bool
    batch: int | None = None

    def layout(self, trained: Trained) -> str:
        """Order of the input's axes, see `Artefact`."""
        if trained.description.reads == "words":
            return "steps"
        return "NCHW" if self.channels_first else "NHWC"


FORMATS: dict[str, Format] = {
    "stablehlo": Format(stablehlo.write, stablehlo.opened, False),
    "onnx": Format(onnx_graph.write, onnx_graph.opened, True),
    "torch": Format(torch_module.write, torch_module.opened, True),
    "tflite-ready": Format(tflite_ready.write, stablehlo.opened, False, tflite_ready.BATCH),
}


def export(trained: Trained, card: Card, name: str, folder: pathlib.Path) -> Artefact:
    """Writes a network in one of `FORMATS`, with model.json beside it.

    Args:
      trained: the network.
      card: its facts.
      name: name of the format.
      folder: where to; made if it is not there.

    Raises:
      ExportError: unknown format, or the format has no form for a layer of the network.
    """
    if name not in FORMATS:
        raise ExportError(f"unknown format {name!r}; allowed: {', '.join(FORMATS)}")
    chosen = FORMATS[name]
    folder.mkdir(parents=True, exist_ok=True)
    files = chosen.write(trained, folder)
    layout = chosen.layout(trained)
    made = Artefact(
        card=card,
        format=name,
        files=files,
        layout=layout,
        input=_in_layout(trained.shape, layout),
        output=_in_layout(trained.output, layout),
        dtype=trained.dtype,
        batch=chosen.batch,
        params=sum(step.params for step in trained.steps),
        macs=sum(step.macs for step in trained.steps),
    )
    made.write(folder)
    return made


def measured(trained: Trained, made: Artefact, folder: pathlib.Path, examples: np.ndarray) -> Artefact:
    """The artefact with the difference of its outputs from the network's on these examples; writes it down.

    Raises:
      ExportError: what reads the format is not installed.
    """
    expected = np.asarray(jit(trained.outputs())(examples))
    found = opened(folder, made)(examples)
    difference = {
        "largest": float(np.abs(found - expected).max()),
        "examples": len(examples),
        "largest_output": float(np.abs(expected).max()),
    }
    made = dataclasses.replace(made, difference=difference)
    made.write(folder)
    return made


def opened(folder: pathlib.Path, made: Artefact | None = None) -> Run:
    """What an export computes: examples of any number, maps with the channels last, to outputs of the same order.

    Raises:
      ExportError: the folder holds no export, or what reads its format is not installed.
    """
    made = made or read(folder)
    if made.format not in FORMATS:
        raise ExportError(f"{folder} is of the format {made.format!r}; allowed: {', '.join(FORMATS)}")
    for name in made.files:
        if not (folder / name).is_file():
            raise ExportError(f"{folder} lacks {name}, which its model.json names")
    run = FORMATS[made.format].open(folder)
    if made.layout == "NCHW":
        run = _channels_last(run)
    return run if made.batch is None else _in_batches(run, made.batch)


def _channels_last(run: Run) -> Run:
    def wrapped(images: np.ndarray) -> np.ndarray:
        outputs = run(np.ascontiguousarray(np.moveaxis(images, -1, 1)))
        return np.moveaxis(outputs, 1, -1)

    return wrapped


def _in_batches(run: Run, size: int) -> Run:
    return lambda examples: np.concatenate([run(examples[i : i + size]) for i in range(0, len(examples), size)])


def _in_layout(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    return (*shape[-1:], *shape[:-1]) if layout == "NCHW" else shape
