"""Reading ahead in a thread."""

import contextlib
import threading

import numpy as np
import pytest

from dartsx.feeds.prefetch import ChunkReader, ahead

PATIENCE = 20  # seconds


class Batches:
    """Endless batches that tell when they are read, and when they are closed."""

    def __init__(self, first=0):
        self.read, self.closed = [], False
        self.third, self.next = threading.Event(), first

    def __iter__(self):
        return self

    def __next__(self):
        number, self.next = self.next, self.next + 1
        self.read.append(number)
        if len(self.read) == 3:
            self.third.set()
        return {"x": np.array([number])}

    def close(self):
        self.closed = True


def test_the_next_item_is_made_without_being_asked_for():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    with contextlib.closing(ahead(items())) as given:
        assert next(given) == 1
        assert made.wait(PATIENCE)
        assert list(given) == [2]


def test_nothing_is_made_two_items_ahead():
    made = []
    items = ahead(made.append(i) or i for i in range(9))
    assert [next(items), next(items)] == [0, 1]
    items.close()
    assert made == [0, 1, 2]


def test_an_error_comes_when_its_item_is_due():
    def items():
        yield 1
        raise ValueError("broken")

    given = ahead(items())
    assert next(given) == 1
    with pytest.raises(ValueError, match="broken"):
        next(given)


def test_chunks_in_a_row_are_read_from_one_stream_ahead():
    opened = []
    reader = ChunkReader(lambda step: opened.append(Batches(step)) or opened[-1], lambda chunk: chunk)
    assert reader.take(4, 2)["x"].tolist() == [[4], [5]]
    assert opened[0].third.wait(PATIENCE)
    assert reader.take(6, 2)["x"].tolist() == [[6], [7]]
    reader.close()
    assert len(opened) == 1 and opened[0].closed
    assert opened[0].read == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("then", [(2, 1), (4, 2), (0, 2)])
def test_any_other_chunk_is_read_from_a_new_stream(then):
    opened = []
    reader = ChunkReader(lambda step: opened.append(Batches(step)) or opened[-1], lambda chunk: chunk)
    reader.take(0, 2)
    step, count = then
    assert reader.take(step, count)["x"].ravel().tolist() == list(range(step, step + count))
    assert [batches.closed for batches in opened] == [True, False]
    reader.close()
    assert opened[1].closed
