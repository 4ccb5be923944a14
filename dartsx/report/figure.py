"""What all plots share: one style whatever the user's own settings are, figures without pyplot, SVG text."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

_STYLE = {
    "svg.hashsalt": "dartsx",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def styled(plot: Callable[P, str]) -> Callable[P, str]:
    """Run a plot under the report's style; neither a display nor anyone's global state is touched."""

    @functools.wraps(plot)
    def run(*args: P.args, **kwargs: P.kwargs) -> str:
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            return plot(*args, **kwargs)

    return run


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def svg_text(figure: Figure) -> str:
    """The figure as SVG; the same figure gives the same text."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def finish(axes: Axes, title: str, legend: bool) -> None:
    """Title, epochs as whole numbers, a light grid."""
    axes.set_title(title, loc="left", weight="bold")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.25, lw=0.6)
    if legend:
        axes.legend(frameon=False)
