"""What architectures are worth: functions from architectures to named numbers.

Look-ups import no JAX.
"""

from dartsx.objectives.macro import MacroObjective
from dartsx.objectives.nb201 import NB201Objective
from dartsx.objectives.objective import Measure, Objective, Scores

__all__ = ["MacroObjective", "Measure", "NB201Objective", "Objective", "Scores"]
