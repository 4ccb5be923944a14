"""What all plots share: one style whatever the user's own settings are, figures without pyplot, SVG text."""

from __future__ import annotations

import functools
import io
import re
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

from dartsx.report.colours import adaptive
from dartsx.report.svg import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

_STYLE = {
    "svg.hashsalt": "dartsx",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
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
    """The figure as SVG that a page can hold beside others; the same figure gives the same text.

    Text stays text, colours are attributes that follow the reader's preference (see `adaptive`), and no two different
    figures share an id.
    """
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    text = text.getvalue()
    text = re.sub(r"\s*<(metadata)>.*?</\1>|\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :].replace("<svg ", '<svg stroke-linejoin="round" ', 1)
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return adaptive(_own_ids(re.sub(r'style="([^"]*)"', _attributes, text)))


def _attributes(style: re.Match[str]) -> str:
    """A style with its colours as attributes, which style sheets can replace."""
    colours = dict(re.findall(r"\b(fill|stroke): (#[0-9a-f]{6}|none)", style[1]))
    rest = re.sub(r"\b(?:fill|stroke): (?:#[0-9a-f]{6}|none)(?:; )?", "", style[1]).rstrip("; ")
    return " ".join([*(f'{name}="{value}"' for name, value in colours.items()), *([f'style="{rest}"'] if rest else [])])


def _own_ids(svg: str) -> str:
    """Without the ids that nothing refers to; the others end in a checksum of the whole."""
    used, end = set(re.findall(r'(?:url\(|href=")#(\w+)', svg)), f"-{zlib.crc32(svg.encode()):08x}"
    svg = re.sub(r' id="([^"]*)"', lambda found: f'{found[0][:-1]}{end}"' if found[1] in used else "", svg)
    return re.sub(r'(url\(|href=")#(\w+)', rf"\1#\2{end}", svg)


def finish(axes: Axes, title: str, legend: bool) -> None:
    """Title, epochs as whole numbers, a light grid."""
    axes.set_title(title, loc="left", weight="bold")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.25, lw=0.6)
    if legend:
        axes.legend(frameon=False)
