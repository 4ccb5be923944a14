"""Tasks: what a network is trained for on a data set, with its examples, its loss and the figures of its result."""

from dartsx.tasks.classification import Classification
from dartsx.tasks.detection import Detection
from dartsx.tasks.language import Language
from dartsx.tasks.segmentation import Segmentation
from dartsx.tasks.super_resolution import SuperResolution
from dartsx.tasks.task import TASKS, Task, task_of

__all__ = [
    "TASKS",
    "Classification",
    "Detection",
    "Language",
    "Segmentation",
    "SuperResolution",
    "Task",
    "task_of",
]
