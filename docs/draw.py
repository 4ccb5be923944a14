"""The pictures of the documentation, drawn by dartsx: ``python -m docs.draw SEARCH DIGITS`` writes ``docs/pictures``.

SEARCH is the small search of docs/concepts/discretization.md, DIGITS that of the main job, ``runs/digits/search``.
Every other picture is computed here.
"""

from __future__ import annotations

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.report import cell_svg, read_run
from dartsx.report.figure import finish, new_figure, styled, svg_text
from dartsx.report.plots import evolution, heat_map
from dartsx.search.hypergradient import Bilevel, Inner, exact, finite_difference, first_order, virtual_weights
from dartsx.spaces import Cell, Edge

PICTURES = pathlib.Path(__file__).resolve().parent / "pictures"
BLUE, ORANGE, GREY = "#2563eb", "#ea580c", "#6b7280"


def main(search: str, digits: str) -> None:
    """Draws all."""
    small, whole = read_run(search), read_run(digits)
    pictures = {
        "supernet": cell_svg(mixed_cell(("skip_connect", "max_pool_3x3", "sep_conv_3x3")), "a cell of the supernet"),
        "mixtures": heat_map(small),
        "evolution": evolution(small, small.groups[0]),
        "small_cell": cell_svg(small.genotype.cells["normal"], "what is left"),
        "derived_cell": cell_svg(whole.genotype.cells["normal"], "normal cell"),
        "bilevel": bilevel(),
        "second_order": second_order(),
    }
    for name, svg in pictures.items():
        (PICTURES / f"{name}.svg").write_text(svg)


def mixed_cell(primitives: tuple[str, ...], nodes: int = 2) -> Cell:
    """A cell in which every edge has every primitive at once."""
    pairs = [(source, node) for node in range(2, 2 + nodes) for source in range(node)]
    edges = tuple(Edge(primitive, source, node) for source, node in pairs for primitive in primitives)
    return Cell(edges, tuple(range(2, 2 + nodes)))


def path(hypergradient, eta: float, rate: float = 0.05, steps: int = 300) -> np.ndarray:
    """Alpha and weight of a search on the two losses of DARTS's figure 2, [steps, 2]."""
    problem = Bilevel(
        train=lambda w, a: (w**2 - 2 * a * w + a**2, None),
        valid=lambda w, a: (a * w - 2 * a + 1, None),
    )

    def step(point, _):
        alpha, weight = point
        inner = Inner(rate=eta, momentum=0.0, weight_decay=0.0, buffer=jnp.zeros(()))
        alpha = alpha - rate * hypergradient(problem, weight, alpha, inner).gradient
        weight = weight - rate * jax.grad(problem.train, has_aux=True)(weight, alpha)[0]
        return (alpha, weight), jnp.stack([alpha, weight])

    start = jnp.array(2.0), jnp.array(-2.0)
    return np.concatenate([[[2.0, -2.0]], jax.lax.scan(step, start, length=steps)[1]])


@styled
def bilevel() -> str:
    """Where searches by the first and the second order end on two losses whose solution is known."""
    figure = new_figure(5.6, 3.6)
    axes = figure.subplots()
    line = np.linspace(-1.2, 3.2, 2)
    axes.plot(line, line, "--", color=GREY, lw=1, label="w*(alpha): the best weight")
    for hypergradient, eta, colour, name in (
        (first_order, 0.0, BLUE, "first order"),
        (exact, 0.5, ORANGE, "second order, eta = 0.5"),
    ):
        points = path(hypergradient, eta)
        axes.plot(*points.T, "-", color=colour, lw=1.4, label=name)
        axes.plot(*points[-1], "o", color=colour)
    axes.plot(1, 1, "*", color="#111827", ms=12, label="solution")
    finish(axes, "alpha and w move in turn", legend=True)
    axes.set(xlabel="alpha", ylabel="w")
    return svg_text(figure)


def errors(activation, radii: np.ndarray) -> list[float]:
    """Error of the difference quotient over the second term of a small network's hypergradient, float64, by radius."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 256, 16)), rng.normal(size=(2, 256, 4))
    weights = [jnp.asarray(rng.normal(size=shape) / np.sqrt(shape[0])) for shape in ((16, 64), (64, 64), (64, 4))]
    alpha = jnp.asarray(rng.normal(size=(2,)))

    def loss(half):
        def value(weights, alpha):
            first, middle, last = weights
            mixture = jax.nn.softmax(alpha)
            hidden = x[half] @ first
            hidden = mixture[0] * hidden + mixture[1] * (activation(hidden) @ middle)  # skip connection or layer
            return jnp.mean((activation(hidden) @ last - y[half]) ** 2), None

        return value

    problem = Bilevel(loss(0), loss(1))
    inner = Inner(0.1, 0.0, 0.0, jax.tree.map(jnp.zeros_like, weights))
    right = exact(problem, weights, alpha, inner).gradient
    virtual = virtual_weights(weights, jax.grad(problem.train, has_aux=True)(weights, alpha)[0], inner)
    second_term = right - first_order(problem, virtual, alpha, inner).gradient

    @jax.jit
    def error(radius):
        given = finite_difference(problem, weights, alpha, inner, radius).gradient
        return jnp.linalg.norm(given - right) / jnp.linalg.norm(second_term)

    return [float(error(radius)) for radius in radii]


@styled
def second_order() -> str:
    """The error of the difference quotient by its radius, with a kink and without."""
    radii = np.logspace(-6, 0, 25)
    figure = new_figure(5.6, 3.4)
    axes = figure.subplots()
    with jax.enable_x64(True):
        axes.loglog(radii, errors(jax.nn.relu, radii), "o-", ms=3, color=ORANGE, label="ReLU")
        axes.loglog(radii, errors(jax.nn.softplus, radii), "o-", ms=3, color=BLUE, label="softplus")
    axes.axvline(1e-2, color=GREY, lw=1, ls="--")
    axes.text(1.1e-2, axes.get_ylim()[0] * 2, "radius of DARTS", color=GREY)
    axes.set_title("error of the finite difference in the second term", loc="left", weight="bold")
    axes.set(xlabel="radius: norm of the perturbation", ylabel="relative error")
    axes.grid(alpha=0.25, lw=0.6)
    axes.legend(frameon=False)
    return svg_text(figure)


if __name__ == "__main__":
    main(*sys.argv[1:])
