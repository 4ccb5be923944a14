"""The one table from a search space's name to the space; spaces of a user's own are found by module and attribute."""

import importlib
import importlib.util
import pathlib
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

from dartsx.spaces.errors import SpaceError, unknown
from dartsx.spaces.space import Space


class _Spaces(Mapping[str, Space]):
    """Spaces by name, imported and described when they are asked for.

    Attributes:
      places: name -> module of `dartsx.spaces` and attribute.
    """

    def __init__(self, places: Mapping[str, str]):
        self._places = dict(places)

    def __getitem__(self, name: str) -> Space:
        module, _, attribute = self._places[name].partition(":")
        return getattr(importlib.import_module(f"dartsx.spaces.{module}"), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


SPACES: Mapping[str, Space] = _Spaces(
    {
        "darts": "cell_space:DARTS_SPACE",
        "nb201": "nb201:NB201",
        **{f"s{i}": f"robust_darts:S{i}" for i in (1, 2, 3, 4)},
        "digit_chain": "digit_chain:digit_chain",
        "cifar_chain": "cifar_chain:cifar_chain",
        "nb_macro": "chains.nb_macro:nb_macro",
        "proxyless": "chains.proxyless:proxyless",
        "proxyless_search": "chains.proxyless:proxyless_search",
        "proxyless_gpu": "chains.proxyless:proxyless_gpu",
        "proxyless_cpu": "chains.proxyless:proxyless_cpu",
        "proxyless_mobile_1_4": "chains.proxyless:proxyless_mobile_1_4",
        "mnasnet": "chains.mnasnet:mnasnet",
        "mnasnet_released": "chains.mnasnet:mnasnet_released",
        "tunas_proxyless": "chains.tunas:tunas_proxyless",
        "tunas": "chains.tunas:tunas",
        "mobilenet_v3": "chains.tunas:mobilenet_v3",
        "fbnet": "chains.fbnet:fbnet",
        "fbnet_a": "chains.fbnet:fbnet_a",
        "efficientnet": "chains.efficientnet:efficientnet",
        **{f"anynetx_{letter}": f"chains.regnet:anynetx_{letter}" for letter in "abcde"},
        "regnetx": "chains.regnet:regnetx",
        **{f"anynet_digits_{letter}": f"chains.anynet_digits:anynet_digits_{letter}" for letter in "ade"},
        "trilevel": "chains.trilevel:trilevel",
        **{
            name: f"chains.trilevel_images:{name}"
            for name in ("trilevel_x2", "trilevel_x4", "trilevel_small_x2", "trilevel_small_x4")
        },
        "nasnet": "graphs.nasnet:nasnet",
        "amoebanet": "graphs.amoebanet:amoebanet",
        "enas_micro": "graphs.enas_micro:enas_micro",
        "nas_conv": "graphs.nas_conv:nas_conv",
        **{name: f"auto_deeplab:{name}" for name in ("auto_deeplab", "auto_deeplab_scenes")},
        "dag": "graphs.dag:dag",
        "nas_fpn": "graphs.nas_fpn:nas_fpn",
        "nas_fpn_small": "graphs.nas_fpn:nas_fpn_small",
        "recurrent": "recurrent_space:recurrent",
        "ofa": "chains.ofa:ofa",
        "ofa_1_2": "chains.ofa:ofa_1_2",
        "ofa_proxyless": "chains.ofa:ofa_proxyless",
    }
)


def named_space(name: str) -> Space:
    """Return the space of this name, or a user's own as ``module:attribute``.

    The module is a file ``module.py`` in the working directory, or any that can be imported.

    Raises SpaceError, in one line, if there is none.
    """
    module, _, attribute = name.partition(":")
    if attribute:
        return _own(module, attribute)
    if name not in SPACES:
        raise SpaceError(f"{unknown('space', name, SPACES)}, or module:attribute of your own")
    return SPACES[name]


def _own(module: str, attribute: str) -> Space:
    try:
        space = getattr(_module(module), attribute)
    except Exception as error:  # the user's own code may fail in any way
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise SpaceError(f"space {module}:{attribute} cannot be loaded: {reason}") from error
    try:
        _ = space.decisions, space.alpha_shapes, space.sample
    except AttributeError:
        raise SpaceError(f"{module}:{attribute} is a {type(space).__name__}, not a space") from None
    return space


def _module(name: str) -> ModuleType:
    """A module, imported once; a file beside the command goes before all others."""
    path = pathlib.Path(f"{name}.py").resolve()
    if name in sys.modules or not path.is_file():
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
