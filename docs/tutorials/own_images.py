# %% [markdown]
# # Bring your own images
#
# A folder for each class is all that a search needs. This page draws its own images, so that it runs anywhere; put
# yours in their place.

# %%
import pathlib
import tempfile

import numpy as np
from PIL import Image, ImageDraw

from dartsx.data import load_dataset
from dartsx.experiments.jobs import run_evaluate, run_search
from dartsx.experiments.settings import parse_config
from dartsx.report import write_report

IMAGES, EPOCHS, NODES, LAYERS = 200, 15, 2, 3  # tiny: 40, 1, 1, 1

# %% [markdown]
# ## The folder
#
# `images/CLASS/*.png`, of any sizes. A fifth is held out as test images; with folders `train` and `test` above the
# classes you decide yourself.

# %%
work = pathlib.Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
for label in ("circle", "square", "line"):
    (work / "images" / label).mkdir(parents=True)
    for i in range(IMAGES):
        picture = Image.fromarray(rng.integers(0, 90, (24, 24, 3), np.uint8))
        (x, y), size = rng.integers(2, 10, 2), int(rng.integers(8, 13))
        box, ink = (int(x), int(y), int(x) + size, int(y) + size), tuple(map(int, rng.integers(120, 256, 3)))
        draw = ImageDraw.Draw(picture)
        {"circle": draw.ellipse, "square": draw.rectangle, "line": draw.line}[label](box, fill=ink)
        picture.save(work / "images" / label / f"{i}.png")

# %% [markdown]
# ## A look before anything is compiled
#
# `load_dataset` checks the data as a whole: shapes, ranges, labels, whether the images differ, and files that it does
# not read. Images of unequal sizes need an `image_size`.

# %%
data = load_dataset(f"folder:{work / 'images'}", image_size=12)
print(data.classes, data.train.images.shape, data.test.images.shape)

# %% [markdown]
# ## Search, training, report
#
# The commands would be `dartsx search`, `dartsx evaluate` and `dartsx report`, or `dartsx run` for all of them; a
# notebook calls what they call. The config is that of the digits, a size for two CPU cores.


# %%
def configured(**fields):
    """The config of the digits with these fields, for these images."""
    given = {"dataset.name": f"folder:{work / 'images'}", "dataset.image_size": 12, **fields}
    return parse_config(["tutorial", "--config=digits", *(f"--config.{k}={v}" for k, v in given.items())]).config


space = {"space.primitives": ("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3"), "space.nodes": NODES}
search = {"search.epochs": EPOCHS, "search.channels": 4, "search.layers": LAYERS, "search.diagnosis.every": 0}
run_search(configured(**space, **search), work / "search")
evaluate = {"evaluate.epochs": EPOCHS, "evaluate.channels": 4, "evaluate.layers": LAYERS, "evaluate.auxiliary": False}
run_evaluate(configured(genotype=work / "search", **evaluate), work / "derived")
paths = write_report([work / "search", work / "derived"], work / "report")
print(paths.terminal)
print(paths.html)

# %% [markdown]
# More images than fit memory are streamed (`--config.dataset.stream=true`); what is checked, and which mistakes are
# named: [Your own data](../own_data.md).
