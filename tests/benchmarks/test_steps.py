"""Programs for absent machines read the batches of the task that their config sets."""

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, Mesh

from benchmarks.steps import step_of
from dartsx.experiments.settings import parse_config
from dartsx.runtime.mesh import AXIS

# Config, further flags, kind of step, and the shapes of its training batch at 16 pixels.
CASES = {
    "super_resolution": (("super_resolution",), "search", {"images": (32, 16, 16, 3), "targets": (32, 32, 32, 3)}),
    "text": (("text", "--config.network=lstm"), "evaluate", {"words": (32, 40), "targets": (32, 20)}),
    "segmentation": (
        ("digits", "--config.dataset.name=digit_scenes", "--config.network=auto_deeplab_s"),
        "evaluate",
        {"images": (32, 16, 16, 3), "masks": (32, 16, 16)},
    ),
    "masks": (
        ("digits", "--config.dataset.name=masks:streets", "--config.network=unet_4"),
        "evaluate",
        {"images": (32, 16, 16, 3), "masks": (32, 16, 16)},
    ),
    "classification": (
        ("digits", "--config.network=resnet20"),
        "evaluate",
        {"images": (32, 16, 16, 3), "labels": (32,)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_batch_is_that_of_the_task(name):
    (config, *flags), what, expected = CASES[name]
    given = parse_config(["steps", f"--config=configs/{config}.py", *flags], "cifar10.py").config
    mesh = Mesh(np.array(jax.devices()[:1]), (AXIS,), axis_types=(AxisType.Auto,))
    step = step_of(given, what, 16, "cpu", mesh)
    batch = step.arguments[1]
    assert {field: getattr(batch, field).shape for field in batch._fields} == expected
