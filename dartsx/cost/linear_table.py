"""Linear models of latency: a number for every option of every position, and a bias.

The numbers of TuNAS (arXiv:2008.06120, section 5.2) come from a regression over whole networks and may be negative:
only the sum is a time. Those of HW-NAS-Bench (arXiv:2103.10584) for FBNet are relative to the option that is nothing.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from dartsx.cost.additive import Additive, Term
from dartsx.networks import Network, decisions_of
from dartsx.networks.errors import check_choice
from dartsx.networks.layers import Shape
from dartsx.networks.open.place import ROOT


@dataclasses.dataclass(frozen=True)
class LinearTable:
    """bias + sum over positions of the milliseconds of their options.

    Attributes:
      name: its file.
      bias: milliseconds.
      positions: option -> milliseconds, for every position in order.
    """

    name: str
    bias: float
    positions: tuple[Mapping[str, float], ...]

    def expected(self, network: Network, image_shape: int | Shape | None = None) -> Additive:
        """The latency of an open network whose decisions are the positions, as a function of its mixture.

        Where the network decides fewer, the first positions count with their first option: a space may fix them.

        Raises:
          ValueError: more decisions than positions, or an option that a position does not have.
        """
        decisions = decisions_of(network)
        fixed = len(self.positions) - len(decisions)
        if fixed < 0:
            raise ValueError(f"{self.name} has times of {len(self.positions)} positions, not of {len(decisions)}")
        terms = []
        for (name, decision), times in zip(decisions.items(), self.positions[fixed:], strict=True):
            for option in decision.options:
                if option not in times:
                    raise ValueError(f"{self.name} has no time of {name}={option}; it has {', '.join(times)}")
            terms.append(Term(ROOT, (name,), {(option,): times[option] for option in decision.options}))
        return Additive(tuple(terms), self.bias + sum(next(iter(times.values())) for times in self.positions[:fixed]))

    def check(self, batch_size: int, dtype: str, image_shape: Sequence[int]) -> None:
        """Checks that one image is asked for; models say nothing else of what was measured.

        Raises:
          ValueError: another batch size.
        """
        if batch_size != 1:
            raise ValueError(f"{self.name} was measured for batch size 1, not {batch_size}")


def read_linear(path: pathlib.Path, device: str = "") -> LinearTable:
    """A JSON file in the form of TuNAS's or of HW-NAS-Bench's FBNet.

    Args:
      path: ``{"bias": ms, "layers": [{"columns": [...], "ms": [...]}, ...]}``; or ``ops``, ``shape_of_block`` and,
        under ``devices``, by device ``all_skip`` and ``relative_to_skip``, [shapes][ops].
      device: one of the devices, where there are several.

    Raises:
      ValueError: no such file or device, or another form.
    """
    read = _json(path)
    try:
        if "devices" in read:
            check_choice("device", device, read["devices"])
            chosen = read["devices"][device]
            rows = [chosen["relative_to_skip"][shape] for shape in read["shape_of_block"]]
            bias, columns = chosen["all_skip"], [read["ops"]] * len(rows)
        else:
            bias, columns = read["bias"], [layer["columns"] for layer in read["layers"]]
            rows = [layer["ms"] for layer in read["layers"]]
        positions = [dict(zip(names, map(float, ms), strict=True)) for names, ms in zip(columns, rows, strict=True)]
        return LinearTable(f"{path}:{device}" if device else str(path), float(bias), tuple(positions))
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no linear model of latencies (bias, layers of columns, ms): {error}") from None


def positions_of(path: pathlib.Path, rows: Sequence[Mapping[str, str]]) -> LinearTable:
    """A CSV file with a line for every position and columns such as ``ir_k3_e1_us``: microseconds of FBNet's blocks.

    ``ir_k3_s2`` is the block of expansion 1 with two groups. Stem and head have no times: the bias is 0.
    """
    names = {name: name.removeprefix("ir_").removesuffix("_us").replace("_s2", "_e1_g2") for name in rows[0]}
    blocks = {name: option for name, option in names.items() if name.endswith("_us")}
    return LinearTable(str(path), 0.0, tuple({o: float(row[n]) / 1e3 for n, o in blocks.items()} for row in rows))


def _json(path: pathlib.Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
