"""A profile by kind of kernel: what a step spends on convolutions, products, reductions and moving data."""

from __future__ import annotations

import pathlib

import jax

KINDS = (
    ("copies", ("memcpy", "memset")),
    ("convolutions", ("conv", "cudnn", "cutlass", "xmma", "implicit", "wgrad", "dgrad", "fprop", "nhwc", "nchw")),
    ("products", ("gemm", "dot", "nvjet", "cublas", "splitk")),
    ("reductions", ("reduce",)),
    ("transposes", ("transpose",)),
    ("concatenations", ("concatenate",)),
)


def kind_of(name: str) -> str:
    """The kind of a kernel by its name; ``others`` are mostly element-wise."""
    name = name.lower()
    fused = "fusion" in name or name.startswith(("loop_", "input_", "wrapped_"))
    for kind, words in KINDS:
        # A fusion is named after its operations: one that ends in a conversion is no convolution.
        if any(word in name for word in words) and not (fused and kind in ("convolutions", "products")):
            return kind
    return "others"


def by_kind(folder: str, steps: int) -> dict[str, tuple[float, float]]:
    """Milliseconds and launches of a step by kind, from a folder that `jax.profiler.trace` wrote.

    Empty where the profile has no device of its own (CPU).
    """
    found: dict[str, list[float]] = {}
    for path in pathlib.Path(folder).rglob("*.xplane.pb"):
        for plane in jax.profiler.ProfileData.from_file(str(path)).planes:
            if not plane.name.startswith("/device:GPU"):
                continue
            for line in plane.lines:
                if "Stream" not in line.name:
                    continue
                for event in line.events:
                    entry = found.setdefault(kind_of(event.name), [0.0, 0])
                    entry[0] += event.duration_ns / 1e6
                    entry[1] += 1
    ordered = sorted(found.items(), key=lambda item: -item[1][0])
    return {kind: (ms / steps, round(count / steps, 1)) for kind, (ms, count) in ordered}
