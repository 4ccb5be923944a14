"""Batches for data sets too large for memory: read, decoded and augmented on the host by grain.

A batch is a pure function of (source, arguments, step), whatever the number of threads, worker
processes and hosts. So a data position is a step number: a run that goes on from step k opens its
stream with ``start_step=k``.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from absl import flags
from PIL import Image

from dartsx.data import images as image_tools
from dartsx.data.batches import steps_per_epoch
from dartsx.data.records import Records

Batch = dict[str, np.ndarray]


def train_stream(
    source: Records,
    batch_size: int,
    image_size: int,
    seed: int,
    start_step: int = 0,
    *,
    flip: bool = True,
    jitter: bool = False,
    num_workers: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """Endless training batches: random resized crop, flip and colour jitter where asked.

    Every epoch is a new random order of all examples, cut into full batches. No example comes
    twice in an epoch; the last ``len(source) % batch_size`` of the order are left out of it.

    Example::

        source = open_source("imagenet2012", data_dir)
        for batch in train_stream(source.train, batch_size=128, image_size=224, seed=0):
            ...  # batch["images"] uint8 [128, 224, 224, 3], batch["labels"] int32 [128]

    Args:
        source: the images.
        batch_size: examples per batch over all hosts.
        image_size: height and width of the result, pixels.
        seed: seed of order and augmentation.
        start_step: number of batches to skip, without reading them.
        flip: whether half of the images are mirrored left to right.
        jitter: whether colours are changed as in DARTS's ImageNet recipe: brightness, contrast and
            saturation by up to 0.4, hue by up to 0.2.
        num_workers: processes that decode; 0 decodes in threads of this process.
        shard: (number of this host, number of hosts). Host i of n gets the examples i, i + n,
            i + 2n ... of every global batch.

    Yields:
        ``images`` uint8 [batch_size / hosts, image_size, image_size, 3] and ``labels`` int32
        [batch_size / hosts].

    Raises:
        ValueError: if the batch does not divide among the hosts or exceeds the source, an argument
            is negative, or an image cannot be decoded.
    """
    import grain

    local_size = _local_size(batch_size, shard)
    if start_step < 0 or seed < 0:
        raise ValueError(f"start_step={start_step} and seed={seed} must not be negative")
    used = steps_per_epoch(len(source), batch_size) * batch_size
    load = _train_loader(source, image_size, seed, flip, jitter)
    # grain counts positions on through the epochs, so that each has its own order and draws.
    examples = grain.MapDataset.range(len(source)).shuffle(_order_seed(seed))[:used]
    examples = examples.map_with_index(load)[shard[0] :: shard[1]]
    batches = examples.batch(local_size, drop_remainder=True).repeat()[start_step:]
    return _iterate(batches, num_workers)


def eval_stream(
    source: Records,
    batch_size: int,
    image_size: int = 224,
    resize: int = 256,
    *,
    num_workers: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """One pass for evaluation, in order: shorter side to ``resize``, then the centre.

    Every example comes exactly once. The last batch is filled up with black images, which the mask
    takes out again; all hosts get the same number of batches.

    Args:
        source: the images.
        batch_size: examples per batch over all hosts.
        image_size: height and width of the result, pixels.
        resize: what the shorter side is resized to before the centre is cut out.
        num_workers: processes that decode; 0 decodes in threads of this process.
        shard: (number of this host, number of hosts), as in ``train_stream``.

    Yields:
        ``images`` uint8 [batch_size / hosts, image_size, image_size, 3], ``labels`` int32 and
        ``mask`` bool [batch_size / hosts].

    Raises:
        ValueError: if the batch does not divide among the hosts, ``resize`` is smaller than
            ``image_size``, or an image cannot be decoded.
    """
    import grain

    local_size = _local_size(batch_size, shard)
    if resize < image_size:
        raise ValueError(f"resize={resize} must be at least image_size={image_size}")
    padded = -(-len(source) // batch_size) * batch_size
    load = _eval_loader(source, image_size, resize)
    examples = grain.MapDataset.range(padded).map(load)[shard[0] :: shard[1]]
    return _iterate(examples.batch(local_size), num_workers)


def _local_size(batch_size: int, shard: tuple[int, int]) -> int:
    index, count = shard
    if not 0 <= index < count:
        raise ValueError(f"shard={shard}: the host's number must be from 0 to {count - 1}")
    if batch_size < 1 or batch_size % count:
        raise ValueError(f"batch_size={batch_size} does not divide among {count} hosts")
    return batch_size // count


def _order_seed(seed: int) -> int:
    # grain adds the epoch to its seed: mixed, seed 0's epoch 1 is not seed 1's epoch 0.
    return int(np.random.SeedSequence(seed).generate_state(1)[0])


def _train_loader(source: Records, image_size: int, seed: int, flip: bool, jitter: bool) -> Callable[[int, int], Batch]:
    def load(position: int, index: int) -> Batch:
        rng = np.random.default_rng((seed, position))
        image, label = _read(source, index % len(source))
        image = image_tools.random_resized_crop(rng, image, image_size)
        if flip and rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if jitter:
            image = image_tools.color_jitter(rng, image)
        return {"images": np.asarray(image), "labels": np.int32(label)}

    return load


def _eval_loader(source: Records, image_size: int, resize: int) -> Callable[[int], Batch]:
    blank = np.zeros((image_size, image_size, 3), np.uint8)

    def load(index: int) -> Batch:
        if index >= len(source):
            return {"images": blank, "labels": np.int32(0), "mask": np.bool_(False)}
        image, label = _read(source, index)
        image = image_tools.center_crop(image, image_size, resize)
        return {
            "images": np.asarray(image),
            "labels": np.int32(label),
            "mask": np.bool_(True),
        }

    return load


def _read(source: Records, index: int) -> tuple[Image.Image, int]:
    ((data, label),) = source.read([index])
    return image_tools.open_rgb(data, source.origin(index)), label


def _iterate(batches: Any, num_workers: int) -> Iterator[Batch]:
    import grain

    # One thread makes one batch. PIL decodes outside Python's lock; few batches are kept ahead,
    # since one may take tens of megabytes.
    threads = os.cpu_count() or 1 if num_workers == 0 else 1
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=threads + 1)
    stream = batches.to_iter_dataset(options)
    if num_workers:
        if not flags.FLAGS.is_parsed():  # grain reads flags of its own; their defaults will do
            flags.FLAGS.mark_as_parsed()
        workers = grain.MultiprocessingOptions(num_workers, per_worker_buffer_size=2)
        stream = stream.mp_prefetch(workers)
    return iter(stream)
