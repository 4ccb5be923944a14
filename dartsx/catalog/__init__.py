"""What there is to choose from, with its options, bounds and paper settings: declared once, without JAX."""

from dartsx.catalog.as_before import SCHEMA, SCHEMA_KEY, as_before, completed, written_by_a_run
from dartsx.catalog.augmentation import AugmentPolicy
from dartsx.catalog.combine import acts_alone, check_together, one_level, options_of
from dartsx.catalog.declaration import Declaration, Option, option_values
from dartsx.catalog.identity import MAY_DIFFER, PLACES, UNUSED, experiment
from dartsx.catalog.methods import BASE, METHODS
from dartsx.catalog.names import (
    COST_FORMS,
    COST_KINDS,
    DESCRIBED,
    DTYPES,
    EXECUTORS,
    GROUPED_FORMS,
    HYPERGRADIENTS,
    INIT_SCALE,
    LATENCY,
    LAYOUTS,
    NETWORK_REMAT,
    NETWORKS,
    PRECISIONS,
    REMAT,
    SCHEDULES,
    SEPARABLE_FORMS,
    STAGED,
    STEMS,
    WITH_TERMS,
    by_name,
)
from dartsx.catalog.strategies import STRATEGIES

__all__ = [
    "BASE",
    "AugmentPolicy",
    "COST_FORMS",
    "COST_KINDS",
    "DESCRIBED",
    "EXECUTORS",
    "DTYPES",
    "PRECISIONS",
    "GROUPED_FORMS",
    "HYPERGRADIENTS",
    "INIT_SCALE",
    "LATENCY",
    "MAY_DIFFER",
    "METHODS",
    "NETWORKS",
    "LAYOUTS",
    "NETWORK_REMAT",
    "REMAT",
    "SCHEMA",
    "SCHEMA_KEY",
    "SCHEDULES",
    "SEPARABLE_FORMS",
    "STAGED",
    "STEMS",
    "STRATEGIES",
    "PLACES",
    "UNUSED",
    "WITH_TERMS",
    "Declaration",
    "Option",
    "acts_alone",
    "as_before",
    "by_name",
    "check_together",
    "completed",
    "experiment",
    "one_level",
    "option_values",
    "options_of",
    "written_by_a_run",
]
