"""The space of NAS-Bench-Macro: its networks have the sizes of the authors' table."""

import numpy as np

from dartsx.objectives.macro import digits
from dartsx.spaces import named_space
from dartsx.tabular import load_macro


def test_networks_have_the_parameters_and_multiply_adds_of_the_table():
    space, table, rng = named_space("nb_macro"), load_macro(), np.random.default_rng(0)
    assert space.count() == 3**8 == len(table.frame)
    ends = [space.architecture({f"layer{i}": option for i in range(8)}) for option in ("identity", "k3e3", "k5e6")]
    for architecture in (*ends, *(space.sample(rng) for _ in range(20))):
        network, name = space.network(architecture), digits(architecture)
        assert (network.params(), network.macs()) == (table.params(name), table.flops(name))
