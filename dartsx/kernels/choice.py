"""Which of several equal computations suits a backend: the one place that knows, and the one that asks JAX.

No form is the fastest everywhere. Everything that computes takes a `Forms`, so that a program can also be made for a
machine that is not there: whoever names the backend gets the choices of that backend.
"""

from __future__ import annotations

import dataclasses

import jax

BACKENDS = ("cpu", "gpu", "tpu")
TAPS = 25  # most taps of a grouped convolution that are written out one by one


def backend_of(given: str | None) -> str:
    """The backend that was given, else JAX's default one.

    Raises:
      ValueError: it is none of `BACKENDS`.
    """
    if given is None:
        return jax.default_backend()
    if given not in BACKENDS:
        raise ValueError(f"unknown backend {given!r}; allowed: {', '.join(BACKENDS)}")
    return given


@dataclasses.dataclass(frozen=True)
class Forms:
    """The forms in which convolutions are computed.

    Attributes:
      backend: one of `BACKENDS`, for which the program is meant; None stands for JAX's default one.
      form: the form of separable convolutions (`separable_forms.FORMS`) or, in a described network, of grouped ones
        (`grouped.FORMS`); None to choose by backend and size.
    """

    backend: str | None = None
    form: str | None = None

    def separable(self, channels: int, width: int) -> str:
        """The form of a separable convolution of so many channels on maps of this width."""
        return self.form or separable_form(backend_of(self.backend), channels, width)

    def grouped(self, kernel: tuple[int, ...], groups: int) -> str:
        """The form of a convolution with a kernel [kh, kw, C / groups, features]."""
        return self.form or grouped_form(backend_of(self.backend), kernel, groups)

    def steady(self) -> bool:
        """Whether the derivatives of a convolution without groups are written so that loops compute them fast.

        CPU: inside of a loop they are then ten to thirty times as fast (``python -m benchmarks.loops``). GPU and TPU:
        JAX's own.
        """
        return backend_of(self.backend) == "cpu"

    def dense(self) -> str:
        """The form of a convolution without groups on channel-major arrays."""
        return dense_form(backend_of(self.backend))


def separable_form(backend: str, channels: int, width: int) -> str:
    """The fastest form of separable convolutions.

    CPU: sums of shifted copies where maps are large, products with whole rows where they are small, as
    ``python -m benchmarks.step --form=...`` shows for whole steps. GPU and TPU, not measured yet: `dense` while its
    extra arithmetic hides behind memory traffic, that is for few channels.
    """
    if backend == "cpu":
        return "taps" if width > 16 else "rows"
    return "dense" if channels <= 64 else "plain"


def grouped_form(backend: str, kernel: tuple[int, ...], groups: int) -> str:
    """A form of grouped convolutions with a kernel [kh, kw, C / groups, features].

    CPU: `taps`; for kernels above 5x5 `plain`, as many taps compile slowly, unless there are several channels in a
    group. GPU and TPU, not measured: `plain`.
    """
    if groups == 1 or backend != "cpu":
        return "plain"
    if kernel[0] * kernel[1] <= TAPS:
        return "taps"
    return "plain" if kernel[2] == 1 else "dense"


def dense_form(backend: str) -> str:
    """The form of channel-major convolutions without groups.

    CPU: one matrix product, which unlike the library's convolution keeps its speed inside a loop (``python -m
    benchmarks.scan --size=small``). GPU and TPU: the library.
    """
    return "product" if backend == "cpu" else "library"


def cell_layout(backend: str) -> str:
    """The layout of the arrays of supernets and networks of cells, one of `dartsx.catalog.LAYOUTS`.

    CPU: channel-major, the edges one after the other. GPU and TPU: pixel-major, few and wide operations.
    """
    return "channel_major" if backend == "cpu" else "pixel_major"


def supernet_remat(backend: str) -> str:
    """The fastest policy of `search_cell.REMAT`.

    CPU: edges one after the other stay in cache, and compile to fewer kernels; the fastest at every size of
    ``python -m benchmarks.step --remat=...``. GPU and TPU, not measured yet: few and large operations.
    """
    return "branch" if backend == "cpu" else "none"


def network_remat(backend: str) -> str:
    """The faster policy for a derived network, ``"none"`` or ``"cell"``.

    CPU: computing a cell again takes less time than writing and reading what it would keep (``python -m
    benchmarks.network --remat=...``). GPU and TPU, not measured yet: no arithmetic twice.
    """
    return "cell" if backend == "cpu" else "none"


def joins_arrays(backend: str) -> bool:
    """Whether many small arrays, as the gradients of the weights, are better put into one, see `optim.side_by_side`.

    GPU and TPU: every array costs kernels of its own. CPU: a copy costs more.
    """
    return backend != "cpu"
