"""Mutations of bytes for tests of readers: what damage, editors and careless copies do to files, from a seed."""

from collections.abc import Callable, Iterator

import numpy as np

COUNT = 2000  # that every reader must withstand


def mutations(data: bytes, seed: int, count: int = COUNT) -> Iterator[bytes]:
    """Variants of a file, each by one to three changes."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        changed = data
        for _ in range(rng.integers(1, 4)):
            changed = CHANGES[rng.integers(len(CHANGES))](rng, changed)
        yield changed


def _flip(rng: np.random.Generator, data: bytes) -> bytes:
    """Another bit."""
    if not data:
        return data
    place = rng.integers(len(data))
    return data[:place] + bytes([data[place] ^ 1 << int(rng.integers(8))]) + data[place + 1 :]


def _overwrite(rng: np.random.Generator, data: bytes) -> bytes:
    """A few random bytes in place of others."""
    place, length = rng.integers(len(data) + 1), rng.integers(1, 9)
    return data[:place] + rng.bytes(length) + data[place + length :]


def _cut(rng: np.random.Generator, data: bytes) -> bytes:
    """Only the beginning."""
    return data[: rng.integers(len(data) + 1)]


def _drop(rng: np.random.Generator, data: bytes) -> bytes:
    """Without a part."""
    first, last = sorted(rng.integers(len(data) + 1, size=2))
    return data[:first] + data[last:]


def _double(rng: np.random.Generator, data: bytes) -> bytes:
    """A part twice."""
    first, last = sorted(rng.integers(len(data) + 1, size=2))
    return data[:last] + data[first:]


def _extreme(rng: np.random.Generator, data: bytes) -> bytes:
    """A number that is none, too large, or negative."""
    place = rng.integers(len(data) + 1)
    value = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"nan", b"-1", b"1e999")[rng.integers(6)]
    return data[:place] + value + data[place + len(value) :]


def _mark(rng: np.random.Generator, data: bytes) -> bytes:
    """A byte order mark, other line ends, or blanks before all."""
    return (b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), b"\n \n" + data)[rng.integers(3)]


def _token(rng: np.random.Generator, data: bytes) -> bytes:
    """A word or a mark that means something to a reader of text, in place of a few bytes."""
    place, token = rng.integers(len(data) + 1), TOKENS[rng.integers(len(TOKENS))]
    return data[:place] + token + data[place + rng.integers(3) :]


TOKENS = (b"null", b"true", b"9" * 30, b"\xc3\xa9", *(bytes([mark]) for mark in b"0\"'[]{}(),:\n\0|~+# "))
CHANGES: tuple[Callable[[np.random.Generator, bytes], bytes], ...] = (
    *(_flip, _overwrite, _cut, _drop, _double, _extreme, _mark, _token),
)
