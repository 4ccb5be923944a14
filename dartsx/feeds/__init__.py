"""Feeds: from a data set to the batches of a compiled step, and to figures over all examples of a test set."""

from dartsx.feeds.collected import Collected, collector
from dartsx.feeds.dense import Boxed, Pixels, box_examples, pixel_examples
from dartsx.feeds.evaluation import evaluator, example_sums, means
from dartsx.feeds.examples import (
    Batch,
    Examples,
    Pairs,
    Sequences,
    epoch_order,
    image_examples,
    pair_examples,
    sequence_examples,
    sharded_rows,
    take,
    trial_length,
)
from dartsx.feeds.feed import Feed
from dartsx.feeds.in_memory import InMemory
from dartsx.feeds.streamed import Streamed, open_streamed

__all__ = [
    "Batch",
    "Boxed",
    "Collected",
    "Examples",
    "Feed",
    "InMemory",
    "Pairs",
    "Pixels",
    "Sequences",
    "Streamed",
    "box_examples",
    "collector",
    "epoch_order",
    "evaluator",
    "example_sums",
    "image_examples",
    "means",
    "open_streamed",
    "pair_examples",
    "pixel_examples",
    "sequence_examples",
    "sharded_rows",
    "take",
    "trial_length",
]
