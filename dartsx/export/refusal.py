"""Layers that a format cannot express are refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dartsx.export.errors import ExportError
from dartsx.networks.step import Step


def check_layers(label: str, steps: Sequence[Step], table: Mapping[type, Any], file_format: str) -> None:
    """Checks that a format's table has every layer but the input.

    Raises:
      ExportError: it lacks one; names the layer and where it stands.
    """
    for step in steps[1:]:
        if type(step.layer) not in table:
            known = ", ".join(sorted(layer.__name__ for layer in table))
            raise ExportError(
                f"{label}: {step.name} is a layer of the kind {type(step.layer).__name__}, which the format "
                f"{file_format} has no form for here; it has one for {known}"
            )
