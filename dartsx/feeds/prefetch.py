"""Making the next thing while the present one is in use."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jax
import numpy as np

T = TypeVar("T")
_END = object()


def ahead(items: Generator[T]) -> Generator[T]:
    """The same items, each made in a thread while the one before it is in use.

    Close it to stop the thread and close `items`; an item under way is waited for. An error in `items` is raised here.
    """
    with contextlib.closing(items), ThreadPoolExecutor(1, "ahead") as pool:
        pending = pool.submit(next, items, _END)
        while (item := pending.result()) is not _END:
            pending = pool.submit(next, items, _END)
            yield item


class ChunkReader:
    """Chunks of consecutive batches, the next one read ahead on the guess that it follows and is as long."""

    def __init__(self, open_at: Callable[[int], Iterator[Any]], put: Callable[[Any], Any]):
        """Takes how to open the endless batches from a step on (closable), and what to do to a stacked chunk."""
        self._open_at, self._put = open_at, put
        self._chunks: Generator[Any] | None = None
        self._expected: tuple[int, int] | None = None

    def take(self, step: int, count: int) -> Any:
        """The batches of steps `step` to ``step + count - 1``, stacked: leaves [count, ...]."""
        if (step, count) != self._expected:
            self.close()
            self._chunks = ahead(self._read(step, count))
        chunk = next(self._chunks)
        self._expected = (step + count, count)
        return chunk

    def close(self) -> None:
        """Stops reading; `take` starts again."""
        if self._chunks is not None:
            self._chunks.close()
        self._chunks = self._expected = None

    def _read(self, step: int, count: int) -> Generator[Any]:
        with contextlib.closing(self._open_at(step)) as batches:
            while True:
                yield self._put(_stacked(itertools.islice(batches, count)))


def _stacked(batches: Iterator[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *batches)
