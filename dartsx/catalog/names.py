"""Names that settings, configs, benchmarks and the library share, each list declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

DTYPES = ("float32", "bfloat16")  # of activations
PRECISIONS = ("default", "highest")  # of float32 products

# Hypergradients, with the number of terms they have by default; None for those without terms.
HYPERGRADIENTS: dict[str, int | None] = {
    "first_order": None,
    "finite_difference": None,
    "exact": None,
    "unrolled": 3,
    "neumann": 3,
    "conjugate_gradient": 3,
}
WITH_TERMS = tuple(name for name, terms in HYPERGRADIENTS.items() if terms is not None)
INIT_SCALE = 1e-3  # standard deviation of initial alphas

SEPARABLE_FORMS = ("plain", "dense", "rows", "taps")  # of separable convolutions
GROUPED_FORMS = ("plain", "taps", "dense")  # of grouped convolutions
REMAT = ("none", "branch", "cell")  # what the backward pass of a supernet computes again
OPEN_REMAT = ("none", "branch")  # the same for the supernet of a described space, which has no cells
SHARING = ("none", "entangled", "transformed")  # of weights between the options of a decision
NETWORK_REMAT = ("none", "cell")  # the same for the network of a genotype
LAYOUTS = ("channel_major", "pixel_major")  # of the arrays of cells

STEMS = ("cifar", "imagenet")  # how a network begins: for small images, or for ImageNet
STAGED = "nb201"  # the network that is made of a topology
DESCRIBED = "described"  # the network to which an open description closes
RECURRENT = "recurrent"  # the language model of a recurrent cell
NETWORKS = (*STEMS, STAGED, DESCRIBED, RECURRENT)  # that are made of an architecture
# What spaces and their architectures are made of: (in words, networks in which an architecture is trained).
EXECUTORS = {
    "cells": ("two kinds of cell", STEMS),
    "topology": ("a topology", (STAGED,)),
    "recurrent": ("a recurrent cell", (RECURRENT,)),
    "described": ("options of decisions", (DESCRIBED,)),
}
EMBEDDED_TEXT, TEXT_PREFIX = "python_docs", "text:"  # names of data sets that are texts
# Data sets of scenes of digits, by what is predicted of them.
SCENES = {"digit_scenes": "segmentation", "digit_boxes": "detection"}
ALWAYS_THERE = ("digits", EMBEDDED_TEXT, *SCENES)  # data sets that need no files of a user's
UPSCALES = (2, 4)  # how many times larger super-resolution makes images
BOXES_PREFIX, MASKS_PREFIX = "boxes:", "masks:"  # begin the names of data sets with boxes and with masks
TEXT_UNITS = ("words", "tokens", "characters")  # what a text is cut into
SCHEDULES = ("cosine", "linear", "exponential")

EXPORTS = ("stablehlo", "onnx", "torch", "tflite-ready")  # formats of exported networks

COST_KINDS = ("params", "macs", "activations", "memory")
LATENCY = "latency"  # in milliseconds, by a table of a device
COST_FORMS = ("linear", "above", "log", "log_ratio", "log_power")


def is_text(name: str) -> bool:
    """Whether a data set of this name is a text."""
    return name == EMBEDDED_TEXT or name.startswith(TEXT_PREFIX)


def task_of_data(name: str, upscale: int | None = 0) -> str:
    """The task that a data set of this name sets, a key of `RESULTS`, without loading it.

    Args:
      name: name of the data set.
      upscale: how many times larger images are to be made; 0 or None for other tasks.
    """
    if is_text(name):
        return "language"
    if upscale:
        return "super_resolution"
    for prefix, task in ((BOXES_PREFIX, "detection"), (MASKS_PREFIX, "segmentation")):
        if name.startswith(prefix):
            return task
    return SCENES.get(name, "classification")


def by_name(names: Iterable[str], *functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The functions that do what the catalog names, each under its own name, in the catalog's order.

    Raises:
      ValueError: a name has no function, or a function is not named.
    """
    names, found = tuple(names), {function.__name__: function for function in functions}
    if set(names) != set(found):
        raise ValueError(f"the catalog names {', '.join(names)}; there are functions {', '.join(found)}")
    return {name: found[name] for name in names}
