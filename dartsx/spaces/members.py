"""Published networks as architectures of the space that they were found in."""

from __future__ import annotations

import importlib

from dartsx.networks.block_list import Row, shipped
from dartsx.spaces.space import Architecture

_MODULES = {"recurrent": "recurrent_members", "auto_deeplab": "auto_deeplab", "cifar_chain": "cifar_chain"}
_STEMS = {16: "ofa", 24: "ofa_1_2", 40: "ofa_proxyless"}
# Network -> space.
MEMBERS = {
    "ProxylessNAS-Mobile": "proxyless",
    "ProxylessNAS-GPU": "proxyless_gpu",
    "ProxylessNAS-CPU": "proxyless_cpu",
    "ProxylessNAS-Mobile-1.4": "proxyless_mobile_1_4",
    "FBNet-A": "fbnet_a",
    "FBNet-B": "fbnet",
    "FBNet-C": "fbnet",
    **{name: "nasnet" for name in ("nasnet:NASNet-A", "nasnet:PNASNet-5")},  # the bare names are those of DARTS's form
    "amoebanet:AmoebaNet-A": "amoebanet",
    "nas_fpn:NAS-FPN": "nas_fpn",
    "auto_deeplab:Auto-DeepLab": "auto_deeplab",
    "cifar_chain:MobileNetV2": "cifar_chain",
    "mnasnet_a1": "mnasnet_released",
    "mnasnet_b1": "mnasnet_released",
    "recurrent:DARTS_V1": "recurrent",
    "recurrent:DARTS_V2": "recurrent",
    "recurrent:ENAS": "recurrent",  # which has eleven nodes, three more than the space
    **{name: _STEMS[record["stem"]["width"]] for name, record in shipped().items() if name.startswith("ofa-")},
}


def member(name: str) -> Architecture:
    """The architecture of a network of `MEMBERS`."""
    space, _, cells = name.partition(":")
    if cells:
        place = _MODULES.get(space, f"graphs.{space}")
        return importlib.import_module(f"dartsx.spaces.{place}").MEMBERS[cells]
    module = importlib.import_module(f"dartsx.spaces.chains.{MEMBERS[name].partition('_')[0]}")
    return module.read([Row(*row) for row in shipped()[name]["blocks"]]) if name in shipped() else module.MEMBERS[name]
