"""A table of latencies of a space on the present device, from settings to a finished work directory."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import math
import os
import platform
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

import dartsx
from dartsx.cost.latency_table import expected_latency_of
from dartsx.cost.measured_table import MeasuredTable, Row, csv_of, image_text
from dartsx.cost.pieces import Piece, pieces, whole
from dartsx.cost.stopwatch import Times, measure
from dartsx.experiments.settings import wrong
from dartsx.experiments.settings.latency import LatencySettings
from dartsx.networks import Network, close
from dartsx.networks.layers import Shape
from dartsx.networks.open.size import combinations
from dartsx.progress import Progress
from dartsx.report.prediction import prediction, prediction_plot
from dartsx.runtime import JsonLines, StopRequest, Workdir, open_workdir, read_records, truncate_after
from dartsx.runtime.files import write_bytes
from dartsx.spaces import Space, SpaceError, named_space, resolve_genotype
from dartsx.spaces.scale import Scale

MOST_BLOCKS = 20_000  # combinations of options that are written down
MAY_DIFFER = ("samples",)
BLOCKS_LOG, NETWORKS_LOG = "blocks.jsonl", "networks.jsonl"
TEXT = "latency.md"


class Subject(NamedTuple):
    """What is measured: a space, its open network at a scale, and the images that it reads."""

    space: Space
    scale: Scale
    network: Network
    image_shape: Shape


class Check(NamedTuple):
    """A network that was predicted and measured, milliseconds of a batch.

    Attributes:
      times: all its times.
      architecture: as text.
      given: what the settings call it; empty where it was drawn.
    """

    predicted: float
    measured: float
    times: Times
    architecture: str
    given: str


def run_latency(settings: LatencySettings, config: Mapping[str, Any], workdir: str | os.PathLike) -> str | None:
    """Measures, or goes on measuring, and writes latency.csv, check.csv, check.svg and latency.md.

    Returns:
      What the table is worth, as text; None if a signal stopped it (the same call resumes it).

    Raises:
      SettingsError: the space has no blocks that could be measured.
      WorkdirError: the folder holds another run.
    """
    subject = subject_of(settings)
    distinct = distinct_blocks(subject)
    networks = drawn_networks(subject, settings) | given_networks(subject, settings)
    with open_workdir(workdir, config, "latency", may_differ=MAY_DIFFER) as folder, StopRequest() as stop:
        if folder.finished:
            return f"finished before: {folder.path / TEXT}\n{(folder.path / TEXT).read_text(encoding='utf-8')}"
        times = _measured(folder, BLOCKS_LOG, distinct, settings, stop)
        if times is None:
            return None
        table = _write_table(folder, settings, subject, distinct, times)
        checked = _measured(folder, NETWORKS_LOG, networks, settings, stop)
        if checked is None:
            return None
        expected = expected_latency_of(subject.network, table, subject.image_shape)
        checks = []
        for name, found in checked.items():
            choices, given = networks[name].choices, networks[name].example
            predicted = expected(lambda decision, option, choices=choices: float(choices.get(decision) == option))
            checks.append(Check(predicted, getattr(found, settings.statistic), found, name, given))
        text = _write_checks(folder, settings, table, checks)
        folder.update_run(status="finished")
        return text


def subject_of(settings: LatencySettings) -> Subject:
    """The space of the settings, its network and its images.

    Raises:
      SettingsError: a space whose networks are not described together, or a scale or image that it does not allow.
    """
    name = settings.space.name
    space = named_space(name)
    scale = dataclasses.replace(space.scale, classes=settings.classes or space.scale.classes)
    try:
        if space.executor != "described":
            raise SpaceError(
                "only the blocks of spaces of described networks can be measured; networks of cells are measured as a "
                "whole (dartsx cost --latency), and their searches are bound by --config.search.cost.kind=macs"
            )
        network = space.description(scale)
        size = settings.image_size or network.image_size
        shape = (size, size, settings.image_channels)
        network.trace(shape)
    except ValueError as error:
        raise wrong("space.name", name, str(error)) from error
    return Subject(space, scale, network, shape)


@functools.cache
def warn_of_load() -> None:
    """Says, once, that the machine is busy."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if jax.default_backend() == "cpu" and load > cores:
        text = f"the machine is busy (load {load:.1f} on {cores} cores): times will be long and scatter; "
        warnings.warn(text + "--config.statistic=least scatters less", stacklevel=2)


class Named(NamedTuple):
    """A block or a network to be measured: itself, where it stands or who gave it, and the choices of a network."""

    piece: Callable[[], Piece]
    example: str
    choices: Mapping[str, str]


def distinct_blocks(subject: Subject) -> dict[str, Named]:
    """Every block of the space under all options, once, by its text.

    Raises:
      SettingsError: there are too many.
    """
    found = pieces(subject.network, subject.image_shape)
    count = sum(math.prod(len(options) for _, options in block.axes) for block in found)
    if count > MOST_BLOCKS:
        problem = f"has {count:,} blocks under its options; at most {MOST_BLOCKS:,} are measured"
        raise wrong("space.name", subject.network.name, problem)
    blocks: dict[str, Named] = {}
    for block in found:
        for choices in combinations(block.axes):
            piece = close(block.shape, choices)
            blocks.setdefault(str(piece), Named(lambda piece=piece: piece, block.name, {}))
    return blocks


def drawn_networks(subject: Subject, settings: LatencySettings) -> dict[str, Named]:
    """Networks drawn uniformly, each once, by the text of their architecture."""
    rng, networks = np.random.default_rng(settings.seed), {}
    for _ in range(settings.networks):
        architecture = subject.space.sample(rng)
        network = subject.space.network(architecture, subject.scale)
        piece = functools.partial(whole, network, subject.image_shape)
        networks.setdefault(str(architecture), Named(piece, "", architecture.choices))
    return networks


def given_networks(subject: Subject, settings: LatencySettings) -> dict[str, Named]:
    """The networks of the settings, by the text of their architecture.

    Raises:
      SettingsError: no architecture, or none of the space.
    """
    networks = {}
    for given in settings.genotypes:
        try:
            architecture, label = resolve_genotype(given)
            subject.space.validate(architecture)
        except ValueError as error:
            raise wrong("genotypes", given, str(error)) from error
        network = subject.space.network(architecture, subject.scale)
        piece = functools.partial(whole, network, subject.image_shape)
        networks[str(architecture)] = Named(piece, label, architecture.choices)
    return networks


def _measured(
    folder: Workdir, log: str, wanted: Mapping[str, Named], settings: LatencySettings, stop: StopRequest
) -> dict[str, Times] | None:
    """Times by name, of which those in the log are not measured again; None if stopped."""
    path, what = folder.path / log, log.removesuffix(".jsonl")
    truncate_after(path, "median", math.inf)  # half a line
    done = {record.pop("name"): Times(**record) for record in read_records(path)}
    missing = [name for name in wanted if name not in done]
    with contextlib.ExitStack() as stack:
        lines = stack.enter_context(JsonLines(path))
        title = f"latency {settings.space.name}, {len(wanted)} {what}"
        progress = stack.enter_context(Progress(1, len(wanted), title, start_step=len(wanted) - len(missing)))
        for i, name in enumerate(missing, len(wanted) - len(missing) + 1):
            if stop.agreed():
                folder.update_run(status="stopped")
                return None
            warn_of_load()
            done[name] = measure(wanted[name].piece(), settings.batch_size, settings.dtype, settings.samples)
            jax.clear_caches()  # no other block shares its program
            lines.append({"name": name, **done[name]._asdict()})
            progress.update(i, ms=done[name].median)
            if i * 10 // len(wanted) > (i - 1) * 10 // len(wanted):
                left = "" if progress.seconds_left is None else f", {round(progress.seconds_left)} s left"
                progress.note(f"{i} done{left}")
    return {name: done[name] for name in wanted}


def _write_table(
    folder: Workdir,
    settings: LatencySettings,
    subject: Subject,
    blocks: Mapping[str, Named],
    times: Mapping[str, Times],
) -> MeasuredTable:
    image = image_text(subject.image_shape)
    device = jax.devices()[0]
    versions = f"python {platform.python_version()} jax {jax.__version__} dartsx {dartsx.__version__}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    same = (settings.batch_size, settings.dtype, settings.space.name, image)
    where = (f"{device.platform} {device.device_kind}", platform.node(), versions, today)
    statistic = settings.statistic
    macs = [block.piece().macs for block in blocks.values()]
    rows = [
        Row(name, block.example, getattr(found, statistic), statistic, *found[:6], count, *same, *where)
        for (name, found), block, count in zip(times.items(), blocks.values(), macs, strict=True)
    ]
    path = folder.path / "latency.csv"
    write_bytes(path, csv_of(rows).encode("ascii"))
    return MeasuredTable(str(path), {row.block: row.ms for row in rows}, *same)


def _write_checks(folder: Workdir, settings: LatencySettings, table: MeasuredTable, checks: Iterable[Check]) -> str:
    """The files about the networks; what the table is worth, and what the given networks take."""
    checks = list(checks)
    text = f"{len(table.times)} blocks: {folder.path / 'latency.csv'}"
    result: dict[str, Any] = {"blocks": len(table.times), "prediction": None}
    if drawn := [check for check in checks if not check.given]:
        verdict, result["prediction"] = _write_verdict(folder, settings, drawn)
        text = f"{text}\n{verdict}"
    for check in checks:
        if check.given:
            result.setdefault("given", {})[check.given] = {"predicted": check.predicted, "measured": check.measured}
            text += f"\n{check.given}: predicted {check.predicted:.4g} ms, measured {check.measured:.4g} ms"
    lines = ["predicted_ms,measured_ms,median_ms,low_ms,high_ms,least_ms,architecture,given"]
    for check in checks:
        times = ",".join(f"{ms:.6g}" for ms in (check.predicted, check.measured, *check.times[:4]))
        lines.append(f'{times},"{check.architecture}","{check.given}"')
    shown = "\n\n![Predicted and measured latency](check.svg)" if drawn else ""
    write_bytes(folder.path / TEXT, f"{text}{shown}\n".encode())
    if checks:
        write_bytes(folder.path / "check.csv", ("\n".join(lines) + "\n").encode())
    folder.write_json("result.json", result)
    return text


def _write_verdict(folder: Workdir, settings: LatencySettings, drawn: Sequence[Check]) -> tuple[str, dict[str, Any]]:
    """Draws the networks; what the table is worth, as text and as numbers."""
    predicted, measured = [check.predicted for check in drawn], [check.measured for check in drawn]
    found = prediction(predicted, measured)
    where = f"{settings.space.name}, batch {settings.batch_size}, {settings.dtype}, {jax.devices()[0].device_kind}"
    spread = [(min(check.measured, check.times.low), check.times.high) for check in drawn]
    write_bytes(folder.path / "check.svg", prediction_plot(predicted, measured, spread, where).encode())
    return f"{where}: {found}", found._asdict()
