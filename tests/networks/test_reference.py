"""Parameters and multiply-adds of every network equal those that papers and libraries give."""

import json

import pytest

from dartsx.networks import canonical_name, names, network
from dartsx.networks.reference import references, row, rows
from dartsx.networks.shufflenet import shufflenet_v1

# Papers round or count a little differently: (parameters, multiply-adds) in millions.
ROUNDED = {"amoebanet_a_6_448": (1.0, None), "pnasnet5_mobile": (0.0, 1.0)}


@pytest.fixture(scope="module")
def reference(shared):
    return json.loads((shared / "reference" / "networks.json").read_text())


def test_counts_equal_the_reference_exactly(reference):
    for key, counts in reference["models"].items():
        described = network(key.split(".")[1])
        assert described.params() == counts["params"], key
        for size in (224, 331):
            if f"macs_{size}" in counts:
                assert described.macs(size) == counts[f"macs_{size}"], key


def test_scaled_widths_equal_the_published_table(reference):
    table = reference["published_table"]
    shuffles = {f"ShuffleNet x{x} (g={g})": shufflenet_v1(g, x) for x in (0.25, 0.5, 0.75) for g in (1, 3)}
    mobiles = {f"MobileNet x{x}": network(f"mobilenet_v1_{x}") for x in (0.25, 0.5, 0.75)}
    for name, described in (shuffles | mobiles).items():
        assert described.params() == table[name]["params"], name


@pytest.mark.parametrize("name", names())
def test_figures_of_all_sources_are_met(name):
    found = row(name)
    assert (found.params_off or 0, found.macs_off) == ROUNDED.get(name, (0, 0 if found.macs_m else None))


def test_every_network_has_its_row_and_every_figure_its_network():
    assert [found.name for found in rows()] == list(names())
    assert set(references()) <= set(names())
    assert all(canonical_name(name) == name for name in names())
    assert sum(found.params_m.count(".") and len(found.params_m.split(".")[1]) == 6 for found in rows()) > 75
