"""What the tests of exports share: a network with every kind of layer, and its logits."""

import numpy as np
import pytest
from export_networks import Everything, drawn, images

from dartsx.export import Trained
from dartsx.networks import Network
from dartsx.nn import DescribedNetwork


@pytest.fixture(scope="session")
def everything() -> Trained:
    """The network with every kind of layer."""
    network = Network("everything", (Everything(),), (), (), "a test", 9)
    return drawn(DescribedNetwork(network), (9, 11, 3), "everything")


@pytest.fixture(scope="session")
def expected(everything, quick_jit) -> np.ndarray:
    """Its logits on three images."""
    return np.asarray(quick_jit(everything.outputs())(images(everything)))
