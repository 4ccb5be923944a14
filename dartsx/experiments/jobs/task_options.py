"""Arguments of supernets and of networks that the task decides."""

from __future__ import annotations

from typing import Any

from dartsx.experiments.settings import EvaluateGroup, SearchGroup
from dartsx.nn import Dropout
from dartsx.tasks import Task


def task_options(group: SearchGroup | EvaluateGroup, task: Task) -> dict[str, Any]:
    """What a network of words reads of data and settings; nothing for networks of images."""
    if not task.network:
        return {}
    dropped = Dropout(**vars(group.dropout))
    return {**task.network, "dropout": dropped, "temporal_activation": group.temporal_activation}
