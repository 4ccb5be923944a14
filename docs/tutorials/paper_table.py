# %% [markdown]
# # From paper table to LaTeX
#
# A table of a paper sets a method's networks beside baselines and published results: mean and deviation over seeds,
# size, cost, sources. Here is the whole way at the size of digits: two architectures, several seeds, a table in LaTeX.

# %%
import pathlib
import tempfile

from dartsx.experiments.jobs import run_evaluate
from dartsx.experiments.settings import parse_config
from dartsx.report import aggregate, cite, latex_text, read_runs, sections

SEEDS, EPOCHS, CHANNELS = 3, 20, 8  # tiny: 1, 1, 2

# %% [markdown]
# ## The runs
#
# Two cells of NAS-Bench-201, one full of convolutions, one of skip connections, each trained from scratch with several
# seeds. A run that has finished is left alone, so the cell can be executed again after an interruption and goes on.

# %%
work = pathlib.Path(tempfile.mkdtemp())
CELLS = {
    "convolutions": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "skips": "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|",
}
for name, cell in CELLS.items():
    for seed in range(SEEDS):
        fields = {
            **{"genotype": cell, "seed": seed, "evaluate.epochs": EPOCHS, "evaluate.channels": CHANNELS},
            **{"evaluate.layers": 1, "evaluate.auxiliary": False, "evaluate.drop_path": 0.0},
        }
        given = [f"--config.{field}={value}" for field, value in fields.items()]
        run_evaluate(parse_config(["tutorial", "--config=digits", *given]).config, work / f"{name}-{seed}")

# %% [markdown]
# ## The table
#
# Runs of one architecture and one recipe are one row: mean, sample standard deviation, n. The best of n stands beside
# the mean and never in its place.

# %%
results = aggregate(read_runs([work]).evaluates)
print(latex_text(sections(results)))

# %% [markdown]
# ## Published rows
#
# For data sets on which results are published, a second part cites them with their sources, apart from what was
# measured here and not ranked with it: other code, other training.

# %%
citations = cite("CIFAR-10")
print(citations.note)
for result in citations.results[:5]:
    print(f"{result.method:28} {result.test_error:5.2f} %  {result.source}")

# %% [markdown]
# `dartsx report --runs='runs/*' --out=runs/report` writes this table as `table.tex`, `table.md` and `table.csv`. The
# rules that numbers of a table obey: [A work directory](../workdir.md#numbers-that-go-into-a-table). How a whole
# published table is reproduced: [Reproduce the table of a paper](../paper_table.md).
