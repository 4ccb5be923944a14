"""Data: sources, splits and batches on the host; augmentation on the device.

Importing this package imports neither TFDS nor grain; loading a data set or a stream does.
"""

from dartsx.data.arrays import from_arrays
from dartsx.data.augment import (
    AugmentPolicy,
    augment,
    cutout,
    normalize,
    random_crop,
    random_flip,
)
from dartsx.data.batches import epoch_indices, padded_batches, steps_per_epoch
from dartsx.data.dataset import Dataset, Split
from dartsx.data.sources import Source, load_dataset, open_source
from dartsx.data.splits import search_halves, stratified_holdout
from dartsx.data.streams import eval_stream, train_stream

__all__ = [
    "AugmentPolicy",
    "Dataset",
    "Source",
    "Split",
    "augment",
    "cutout",
    "epoch_indices",
    "eval_stream",
    "from_arrays",
    "load_dataset",
    "normalize",
    "open_source",
    "padded_batches",
    "random_crop",
    "random_flip",
    "search_halves",
    "steps_per_epoch",
    "stratified_holdout",
    "train_stream",
]
