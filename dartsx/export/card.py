"""What travels with an exported network as ``model.json``: what it reads and gives, how images become its input."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from dartsx.export.errors import ExportError

FILE = "model.json"
SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Resize:
    """How an image of any size gets the size of the input, as evaluation does it.

    Attributes:
      how: ``"stretch"``: the whole image, bilinear with antialiasing, its aspect ratio may change; ``"centre"``: the
        shorter side becomes `short_side`, then the middle is cut out; ``"none"``: the network reads no images.
      short_side: pixels; None unless `how` is ``"centre"``.
    """

    how: str
    short_side: int | None = None


@dataclasses.dataclass(frozen=True)
class Card:
    """The facts of a network that no format holds.

    Attributes:
      network: its name, or where its architecture came from.
      architecture: the architecture as text, or None for a network that has a name alone.
      dataset: name of the data set that it was trained on.
      classes: names of the outputs' last axis, in order: classes, or words.
      mean, std: per channel, of pixels divided by 255; the input is (pixels / 255 - mean) / std. Empty for words.
      resize: see `Resize`.
      result: figures of its test, by name, such as ``test_error``; empty if it has not been tested.
    """

    network: str
    architecture: str | None
    dataset: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: Resize
    result: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Artefact:
    """A card, and what the files beside it are.

    Attributes:
      card: facts of the network.
      format: name of the format.
      files: names of the files.
      layout: order of the input's axes, ``"NHWC"``, ``"NCHW"`` or, of words, ``"steps"``; a map that comes out has the
        same.
      input, output: shapes without the number of examples, in this order.
      dtype: dtype of the input; outputs are float32.
      batch: how many examples the files read at once; None for any number.
      params, macs: trainable parameters, and multiply-adds for one example.
      difference: largest difference of outputs from dartsx's, how many examples it was taken over, and the largest
        output; None where it was not measured.
    """

    card: Card
    format: str
    files: tuple[str, ...]
    layout: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    dtype: str
    batch: int | None
    params: int
    macs: int
    difference: Mapping[str, float] | None = None

    def write(self, folder: pathlib.Path) -> None:
        """Writes model.json."""
        fields = {"schema": SCHEMA, **dataclasses.asdict(self)}
        text = json.dumps({**fields.pop("card"), **fields}, indent=2)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read(folder: pathlib.Path) -> Artefact:
    """Reads model.json of a folder.

    Raises:
      ExportError: it is not there, or is none of this schema.
    """
    path = folder / FILE
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(f"{folder} holds no export: there is no {FILE}") from None
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} cannot be read: {error}") from None
    if not isinstance(given, dict) or given.pop("schema", None) != SCHEMA:
        raise ExportError(f"{path} is no description of an export with schema {SCHEMA}")
    try:
        return _artefact(given)
    except (KeyError, TypeError) as error:
        raise ExportError(f"{path} lacks or misnames a field: {error}") from None


def _artefact(given: dict[str, Any]) -> Artefact:
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    given["resize"] = Resize(**given["resize"])
    names = [field.name for field in dataclasses.fields(Card)]
    return Artefact(Card(**{name: given.pop(name) for name in names}), **given)
