# %% [markdown]
# # Why DARTS collapses
#
# DARTS trains the weights of all candidates at once and strengthens those that help *now*. A skip connection has no
# weights: it helps from the first step, while a convolution has to be trained first. So skip connections gain early,
# the convolutions beside them get smaller gradients, and the gap widens. The supernet does not mind, since other edges
# compensate; the derived cell, which is left with skip connections, does.
#
# On digits, convolutions are trained so quickly that nothing collapses. That makes them a good place to look at the
# mechanism: the same search runs twice here, once as it should be, and once with weights that learn slowly.

# %%
import json
import pathlib
import tempfile

from dartsx.experiments.jobs import run_search
from dartsx.experiments.settings import parse_config
from dartsx.report import cell_svg
from dartsx.spaces import from_json

EPOCHS, EVERY, NODES, LAYERS = 20, 4, 2, 3  # tiny: 1, 1, 1, 1

# %% [markdown]
# ## Two searches
#
# Two candidates on every edge, a skip connection and a separable convolution, as in the space S2 of RobustDARTS. Only
# the learning rate of the weights differs.

# %%
work = pathlib.Path(tempfile.mkdtemp())
RATES = {"trained": 0.025, "hardly trained": 0.001}


def searched(name: str, rate: float) -> pathlib.Path:
    """The work directory of a search whose weights learn at this rate."""
    fields = {
        **{"space.primitives": ("skip_connect", "sep_conv_3x3"), "space.nodes": NODES},
        **{"search.channels": 4, "search.layers": LAYERS, "search.epochs": EPOCHS, "search.diagnosis.every": EVERY},
        **{"search.alphas.learning_rate": 2e-2, "search.weights.learning_rate": rate},
        **{"search.weights.learning_rate_min": 0.001},
    }
    given = [f"--config.{field}={value}" for field, value in fields.items()]
    run_search(parse_config(["tutorial", "--config=digits", *given]).config, work / name)
    return work / name


folders = {name: searched(name, rate) for name, rate in RATES.items()}

# %% [markdown]
# ## Skip connections, epoch by epoch
#
# A work directory keeps the derived cell of every epoch.


# %%
def lines(folder: pathlib.Path, name: str) -> list[dict]:
    """The lines of a log of a search."""
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def cells(folder: pathlib.Path) -> dict:
    """The genotype of every epoch."""
    return {line["epoch"]: from_json(json.dumps(line["genotype"])) for line in lines(folder, "genotypes.jsonl")}


for name, folder in folders.items():
    print(f"{name:15}", " ".join(str(str(genotype).count("skip_connect")) for genotype in cells(folder).values()))

# %% [markdown]
# ## The eigenvalue
#
# A search that is about to collapse gets sharp in its alphas: the dominant eigenvalue of the validation loss's Hessian
# grows (arXiv:1909.09656, section 4). The search then stands in a narrow valley, and the step from the mixture to one
# primitive per edge leaves it. The price of that step is the discretization gap: the accuracy of the mixture minus
# that of the derived cell with the same weights. What `r_darts` watches is the growth of the eigenvalue *within* one
# search (of the largest by its sign, logged as `largest_eigenvalue`); its size also depends on the loss and on the
# weights, so that two searches are not to be compared by it.

# %%
for name, folder in folders.items():
    for line in lines(folder, "metrics.jsonl"):
        if "eigenvalue" in line:
            values = ("eigenvalue", "accuracy_mixed", "accuracy_derived")
            print(f"{name:15} epoch {line['epoch']:2} ", *(f"{value} {line[value]:.3f} " for value in values))

# %% [markdown]
# ## The film
#
# The normal cells of the second search, one below the other, whenever they change. `dartsx report --runs=...
# --out=...` draws them among everything else that a run has logged.

# %%
genotypes = cells(folders["hardly trained"])
changes = [epoch for epoch in genotypes if str(genotypes[epoch]) != str(genotypes.get(epoch - 1))]
film = "\n".join(cell_svg(genotypes[epoch].cells["normal"], f"epoch {epoch}") for epoch in changes)
(work / "film.html").write_text(film)
print(f"{len(changes)} pictures in {work / 'film.html'}")

# %% [markdown]
# ## A collapse on record
#
# In NAS-Bench-201, on 5,000 images of CIFAR-10 with 8x8 pixels and for 50 epochs, one of three searches by DARTS
# derived the cell of six skip connections (54.30 % in the benchmark's table) first after epoch 5, in 33 of 50 epochs,
# and in the end; another ended with four skip connections of six, the third with three. The record with its command:
# `benchmarks/results/nb201-methods-small-float32-cpu-2026-11-25.txt`.
#
# ## What helps
#
# Methods break the chain at different links: `darts_minus` gives every edge an auxiliary skip connection that fades,
# so that the searched one has no head start; `beta_darts` and `fair_darts` keep candidates from competing so hard;
# `r_darts` and `darts_plus` stop before the fall; `sdarts_rs` flattens the valley by training the weights under
# perturbed mixtures; `darts_pt` does not trust the alphas at all and asks what the removal of each candidate costs.
# Each is one word: `--config.method=darts_minus`. [The benchmark](../benchmark.md) has what they did at a small size.
