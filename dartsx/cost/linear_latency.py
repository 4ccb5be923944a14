"""Linear models of latency: a bias, and a number for every option of a layer.

The numbers of TuNAS (arXiv:2008.06120, section 5.2) come from a regression over whole networks and may be negative:
only the sum is a time. Those of HW-NAS-Bench (arXiv:2103.10584) for FBNet are relative to the option that is nothing.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dartsx.networks.errors import check_choice
from dartsx.networks.open.size import Weight

Naming = Callable[[int, str], Mapping[str, str]]
"""(layer, column such as ``k3_e6`` or ``skip``) -> decision -> option: what must be chosen for it."""


@dataclasses.dataclass(frozen=True)
class LinearLatency:
    """bias + sum over columns of ms * product over what must be chosen of m[decision, option].

    Attributes:
      bias: milliseconds.
      terms: (decision -> option, milliseconds).
    """

    bias: float
    terms: tuple[tuple[Mapping[str, str], float], ...]

    def expected(self, weight: Weight) -> float:
        """Milliseconds under a mixture of entries ``weight(decision, option)``."""
        return self.bias + sum(
            ms * math.prod(weight(*choice) for choice in chosen.items()) for chosen, ms in self.terms
        )

    def latency(self, choices: Mapping[str, str]) -> float:
        """Milliseconds of an architecture's choices."""
        return self.expected(lambda name, option: float(choices.get(name) == option))


def read_linear(path: str | pathlib.Path, naming: Naming, fixed: Sequence[str] = ()) -> LinearLatency:
    """The model of a file: ``{"bias": ms, "layers": [{"columns": [...], "ms": [...]}, ...]}``.

    Args:
      path: JSON file.
      naming: what the decisions of the space are called.
      fixed: columns of the first layers, where the space does not decide them.

    Raises:
      ValueError: no such file, or another form.
    """
    read = _json(path)
    try:
        layers = [dict(zip(layer["columns"], map(float, layer["ms"]), strict=True)) for layer in read["layers"]]
        bias = float(read["bias"])
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no linear model of latencies (bias, layers of columns, ms): {error}") from None
    bias += sum(layers[i][column] for i, column in enumerate(fixed))
    rest = enumerate(layers[len(fixed) :], len(fixed))
    return LinearLatency(bias, tuple((naming(i, column), ms) for i, layer in rest for column, ms in layer.items()))


def read_relative(path: str | pathlib.Path, device: str, names: Sequence[str]) -> LinearLatency:
    """The model of one device of a file in the form of HW-NAS-Bench's FBNet table.

    Args:
      path: JSON file: ``ops``; ``shape_of_block``; and by device ``all_skip`` and ``relative_to_skip``, [shapes][ops].
      device: one of them.
      names: decisions of the blocks, in order; their options are called as the file's ``ops``.

    Raises:
      ValueError: no such file or device, or another form.
    """
    read = _json(path)
    try:
        ops, shapes, devices = read["ops"], read["shape_of_block"], read["devices"]
        check_choice("device", device, devices)
        bias, table = float(devices[device]["all_skip"]), devices[device]["relative_to_skip"]
        terms = tuple(
            ({name: op}, float(ms))
            for name, shape in zip(names, shapes, strict=True)
            for op, ms in zip(ops, table[shape], strict=True)
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    return LinearLatency(bias, terms)


def _json(path: str | pathlib.Path) -> Any:
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
