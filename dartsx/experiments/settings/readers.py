"""Fields that not every supernet, network or task reads. Where one is not read, only what asks for nothing may stand.

Supernets are told apart by what their spaces are made of (`EXECUTORS`), networks by ``evaluate.network`` or by what
follows here, tasks by their names. A field that is in no table is read by all of them.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import Any

from dartsx.catalog import (
    DESCRIBED,
    EXECUTORS,
    GROUPED_FORMS,
    LAYOUTS,
    NETWORK_REMAT,
    OPEN_REMAT,
    RECURRENT,
    REMAT,
    RESULTS,
    SEPARABLE_FORMS,
    SHARING,
    STAGED,
    STEMS,
)
from dartsx.configs.base import base
from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.groups import Config, DropoutSettings
from dartsx.networks import LANGUAGE_MODELS

_OWN = "cells with primitives of one's own"
# Networks of primitives of one's own are computed as described networks are.
OF_OWN_PRIMITIVES = {**dict.fromkeys(STEMS, _OWN), STAGED: DESCRIBED}
NAMED = "networks of images with a name"
_WORDS = (RECURRENT, *LANGUAGE_MODELS)


@dataclasses.dataclass(frozen=True)
class Readers:
    """What reads a field.

    Attributes:
      known: reader -> the values that it knows, or () for all that the field allows.
      lacks: what is to be said of anything else, such as "has no auxiliary head".
      off: values that ask for nothing, the first of which is advised.
      inherited: those that do not read the field, but may keep what `base` has, where every config begins.
    """

    known: Mapping[str, tuple[Any, ...]]
    lacks: str
    off: tuple[Any, ...]
    inherited: tuple[str, ...] = ()


def check_read(table: Mapping[str, Readers], config: Config, reader: str, subject: str) -> None:
    """Checks that a supernet, network or task reads all fields of a table that ask for something.

    Args:
      table: dotted name of a field -> its readers.
      config: the values.
      reader: which of the readers is there.
      subject: what to call it, such as ``--config.network=resnet18``.

    Raises:
      SettingsError: naming the first field that is not read, or of which the reader does not know the value.
    """
    for field, readers in table.items():
        value = functools.reduce(getattr, field.split("."), config)
        known = readers.known.get(reader)
        if value in readers.off or known == () or value in (known or ()):
            continue
        if known:
            raise wrong(field, value, f"not for {subject}; choose one of {', '.join(map(str, known))}")
        if reader not in readers.inherited or value not in _inherited(field, config.method):
            problem = f"{subject} {readers.lacks}; {_advice(readers.off[0])}"
            raise wrong(field, value, f"{problem} (it counts for {', '.join(readers.known)})")


def _advice(off: Any) -> str:
    if off is None:
        return "leave it empty"
    return f"set {off:g}" if isinstance(off, float) else f"set {off}"


@functools.cache
def _inherited(field: str, method: str) -> tuple[Any, ...]:
    """What `base` has, with and without the settings of the method's paper."""
    return tuple(functools.reduce(getattr, field.split("."), config) for config in (base(), base(method)))


def _all(readers: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    return dict.fromkeys(readers, ())


def _only_words(group: str, readers: Iterable[str]) -> dict[str, Readers]:
    """The fields of a group that recurrent networks alone read."""
    fields = (f"dropout.{field.name}" for field in dataclasses.fields(DropoutSettings))
    dropped = {f"{group}.{field}": Readers(_all(readers), "drops no words and no states", (0.0,)) for field in fields}
    change = Readers(_all(readers), "has no outputs that change from word to word", (0.0,))
    return dropped | {f"{group}.temporal_activation": change}


_OF_IMAGES = tuple(name for name in EXECUTORS if name != RECURRENT)
_OF_CELLS = ("cells", "topology")
BY_SUPERNET: Mapping[str, Readers] = {
    "search.layers": Readers(_all(_OF_IMAGES), "has a single layer", (1,), (RECURRENT,)),
    "search.stem_multiplier": Readers(
        _all(("cells", DESCRIBED)), "has a stem of a width of its own, or none", (1,), ("topology", RECURRENT)
    ),
    "search.form": Readers(
        {**dict.fromkeys(_OF_CELLS, SEPARABLE_FORMS), DESCRIBED: GROUPED_FORMS}, "has no convolutions", (None,)
    ),
    "search.remat": Readers(
        {**dict.fromkeys(_OF_CELLS, REMAT), DESCRIBED: OPEN_REMAT}, "keeps all it computes", (None, "none")
    ),
    "search.layout": Readers(
        {**dict.fromkeys(_OF_CELLS, LAYOUTS), DESCRIBED: ("pixel_major",)}, "has no images to lay out", (None,)
    ),
    "search.sharing": Readers({DESCRIBED: SHARING}, "has options with weights of their own", ("none",)),
    "search.cost.kind": Readers(_all(_OF_IMAGES), "has networks that all cost the same", (None,)),
    **_only_words("search", (RECURRENT,)),
}

BY_NETWORK: Mapping[str, Readers] = {
    "evaluate.layers": Readers(_all((*STEMS, _OWN, STAGED, DESCRIBED)), "has a single layer", (1,), _WORDS),
    "evaluate.auxiliary": Readers(_all((*STEMS, _OWN)), "has no auxiliary head", (False,)),
    "evaluate.drop_path": Readers(_all((*STEMS, _OWN, STAGED, DESCRIBED, NAMED)), "has no paths to drop", (0.0,)),
    "evaluate.form": Readers(
        dict.fromkeys((*STEMS, STAGED), SEPARABLE_FORMS) | dict.fromkeys((_OWN, DESCRIBED, NAMED), GROUPED_FORMS),
        "has no convolutions",
        (None,),
    ),
    "evaluate.remat": Readers(dict.fromkeys(STEMS, NETWORK_REMAT), "keeps all it computes", (None, "none")),
    **_only_words("evaluate", _WORDS),
}
# What shapes the network of a genotype. The config of one may train another beside it, which has a name and its own.
SHAPES = ("evaluate.layers", "evaluate.auxiliary")


def _by_task(group: str) -> dict[str, Readers]:
    """What tasks read of a group and of the data set."""
    images = tuple(name for name in RESULTS if name != "language")
    inherited = ("language",)
    given = {
        "crop_padding": Readers(_all(images), "shifts nothing", (0,), inherited),
        "flip": Readers(_all(images), "mirrors nothing", (False,), inherited),
        "cutout": Readers(_all(("classification",)), "cuts nothing out of its examples", (0,), inherited),
        "scale": Readers(_all(("detection", "segmentation")), "resizes nothing", (0.0,)),
    }
    balance = Readers(_all(("segmentation",)), "weighs no classes of pixels", (0.0,))
    return {"dataset.class_balance": balance} | {f"{group}.augment.{name}": given[name] for name in given}


SEARCH_BY_TASK: Mapping[str, Readers] = _by_task("search")
EVALUATE_BY_TASK: Mapping[str, Readers] = {
    **_by_task("evaluate"),
    "dataset.stream": Readers(_all(("classification",)), "keeps its examples in memory", (False,)),
    "evaluate.label_smoothing": Readers(
        _all(("classification", "segmentation", "language")), "has no labels to smooth", (0.0,)
    ),
}
