"""Trained networks for other programs: StableHLO, ONNX, PyTorch; what travels along; and how exports are computed."""

from dartsx.export.card import Artefact, Card, Resize, read
from dartsx.export.errors import ExportError
from dartsx.export.formats import FORMATS, export, measured, opened
from dartsx.export.trained import Trained

__all__ = [
    "FORMATS",
    "Artefact",
    "Card",
    "ExportError",
    "Resize",
    "Trained",
    "export",
    "measured",
    "opened",
    "read",
]
