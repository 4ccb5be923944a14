# %% [markdown]
# # NAS-Bench-201 in a minute
#
# A tabular benchmark replaces training by a look-up: every one of 15,625 cells was trained by others
# (arXiv:2001.00326), and the table that ships with dartsx has their accuracies. Hundreds of searches take seconds.

# %%
import itertools

import numpy as np

from dartsx.objectives import NB201Objective
from dartsx.spaces import NB201
from dartsx.strategies import make_strategy, queries
from dartsx.tabular import load_nb201

QUERIES, SEEDS = 100, 20  # tiny: 30, 3

# %% [markdown]
# ## One cell
#
# A cell is a string. Six edges between four nodes, each with one of five primitives:

# %%
table = load_nb201()
cell = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
print(f"test accuracy on CIFAR-10 {table.accuracy(cell):.2f} %, {table.params(cell):,.0f} parameters")
print("the best of all:", *table.best("cifar10"))

# %% [markdown]
# ## One search
#
# A strategy asks for architectures and is told their scores; an objective scores them. Here a search is told the
# *validation* accuracy after 12 epochs, as a real search would be, and we look at the *test* accuracy after 200 epochs
# of what it holds for the best.

# %%
objective = NB201Objective(table)
told = objective.measures["valid_accuracy"]
evolution = make_strategy("evolution", [told], {"population": 10, "sample": 3})
done = list(itertools.islice(queries(evolution, NB201, objective, key=0, budget=12), QUERIES))
best = max(done, key=lambda query: query.scores["valid_accuracy"])
print(best.architecture, f"test accuracy {table.accuracy(str(best.architecture)):.2f} %")

# %% [markdown]
# ## Many searches
#
# One search says little. With many seeds the order of strategies appears; always with its spread and n beside it.


# %%
def searched(name: str, options: dict, seed: int) -> float:
    """Test accuracy of what one search finds."""
    strategy = make_strategy(name, [told], options)
    found = itertools.islice(queries(strategy, NB201, objective, key=seed, budget=12), QUERIES)
    chosen = max(found, key=lambda query: query.scores["valid_accuracy"])
    return table.accuracy(str(chosen.architecture))


for name, options in {"random": {}, "local": {}, "evolution": {"population": 10, "sample": 3}}.items():
    accuracies = [searched(name, options, seed) for seed in range(SEEDS)]
    print(
        f"{name:10} {np.mean(accuracies):.2f} +- {np.std(accuracies, ddof=1):.2f} %  (n = {SEEDS}, {QUERIES} queries)"
    )

# %% [markdown]
# The command `dartsx strategies` does the same for all strategies, with curves and a second goal such as latency:
# [Strategies and objectives](../strategies.md) has the figures for n = 300. Searches by gradient are set beside them
# by `dartsx benchmark`: [The benchmark](../benchmark.md).
#
# ## What the table does not say
#
# The space is small and its best cells are close to each other: the difference between 93.9 and 94.1 % is real with n
# = 300, and of no importance to anybody's network. Random search is hard to beat here, and that is worth knowing
# before a strategy is believed elsewhere.
