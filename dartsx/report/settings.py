"""Which settings of a run decide whether its result may be averaged with another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Last names of config fields that say where or how fast a run went, not what was trained.
IGNORED = frozenset(
    {
        "cache_dir",
        "chunk",
        "compilation_cache",
        "data_dir",
        "devices",
        "diagnosis",
        "genotype",
        "keep_checkpoints",
        "mesh",
        "progress",
        "seed",
        "steps_per_call",
        "workdir",
    }
)
# The same for whole names: a network's name is the row's, not a setting.
IGNORED_WHOLE = frozenset({"network"})
# What shapes the network of a genotype; one that has a name is what its paper says.
OF_GENOTYPES = tuple(f"evaluate.{name}" for name in ("network", "channels", "layers", "auxiliary", "auxiliary_weight"))
UNUSED = ""
IGNORED_PREFIXES = ("checkpoint", "log_", "save_")


def settings(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten a config to {"optimizer.momentum": "0.9", ...} without the ignored fields; `UNUSED` has no effect."""
    flat: dict[str, str] = {}
    for key, value in config.items():
        if key in IGNORED or prefix + key in IGNORED_WHOLE or key.startswith(IGNORED_PREFIXES):
            continue
        if isinstance(value, Mapping):
            flat.update(settings(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = repr(value)
    if not prefix and config.get("network"):
        flat |= {name: UNUSED for name in OF_GENOTYPES if name in flat}
    return flat


def varying(runs: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Names of the settings that are not the same in all runs that use them, sorted."""
    names = {name for run in runs for name in run}
    values = {name: {run.get(name) for run in runs} - {UNUSED} for name in names}
    return tuple(sorted(name for name in names if len(values[name]) > 1))


def describe(run: Mapping[str, str], names: Sequence[str]) -> str:
    """The named settings as text: "batch=64, epochs=20"; a setting that is missing is "unset", one unused left out."""
    return ", ".join(f"{name}={run.get(name, 'unset')}" for name in names if run.get(name) != UNUSED)
