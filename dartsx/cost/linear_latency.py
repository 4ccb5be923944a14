"""TuNAS's linear model of latency (arXiv:2008.06120, section 5.2): a bias, and a number for every option of a layer.

Its numbers come from a regression over whole networks and may be negative: only the sum is a time. Nothing counts as
well, as its number differs from 0.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence

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
    try:
        read = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        layers = [dict(zip(layer["columns"], map(float, layer["ms"]), strict=True)) for layer in read["layers"]]
        bias = float(read["bias"])
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no linear model of latencies, {{bias, layers: [{{columns, ms}}]}}: {error}"
        ) from None
    bias += sum(layers[i][column] for i, column in enumerate(fixed))
    rest = enumerate(layers[len(fixed) :], len(fixed))
    return LinearLatency(bias, tuple((naming(i, column), ms) for i, layer in rest for column, ms in layer.items()))
