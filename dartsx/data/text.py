"""Text as numbers of words: files of a user's own, prepared corpora, and the documentation of Python as embedded data.

A text is cut into words, the training text's most frequent ones get numbers, all others are ``<unk>``; a line ends with
``<eos>``.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import pathlib
import platform
import re
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

import numpy as np

from dartsx.catalog import EMBEDDED_TEXT, TEXT_PREFIX, TEXT_UNITS
from dartsx.data.identity import Fingerprint, Identity
from dartsx.data.layout import require_utf8

END, UNKNOWN = "<eos>", "<unk>"
PARTS = {"train": ("train.txt", "ptb.train.txt"), "test": ("test.txt", "ptb.test.txt")}
_MARKS = re.compile(r"\w+|[^\w\s]")
# How a line becomes words. Prepared corpora have blanks between all words; tokens are words and marks in small letters.
_SPLITS = (str.split, lambda line: _MARKS.findall(line.lower()), list)
UNITS: dict[str, Callable[[str], Iterable[str]]] = dict(zip(TEXT_UNITS, _SPLITS, strict=True))


@dataclasses.dataclass(frozen=True, eq=False)
class TextDataset:
    """A language modelling data set in memory.

    Attributes:
        name: the name by which it was asked for.
        label: its name in reports.
        classes: the words; their positions are the numbers of the texts.
        train: int32 [n], the training text.
        test: int32 [n], the text that only final evaluations see.
        steps: words that one example predicts.
        context: words before them that an example shows besides.

    Raises:
        ValueError: if a text is too short for an example.
    """

    name: str
    label: str
    classes: tuple[str, ...]
    train: np.ndarray
    test: np.ndarray
    steps: int = 35
    context: int = 35

    task: ClassVar[str] = "language"

    def __post_init__(self):
        for part in ("train", "test"):
            words = len(getattr(self, part))
            if words <= self.steps:
                raise ValueError(
                    f"{self.name}: the {part} text has {words} words; an example of {self.steps} needs one more"
                )

    @property
    def image_shape(self) -> tuple[int]:
        """Shape of what a network reads of an example: (context + steps,)."""
        return (self.context + self.steps,)

    @property
    def num_classes(self) -> int:
        """How many words there are."""
        return len(self.classes)

    @functools.cached_property
    def identity(self) -> Identity:
        """What the data set is, whatever its name and place: equal for equal words in equal order."""
        fingerprint = Fingerprint()
        fingerprint.add(self.train, self.test, *self.classes)
        counts = (len(windows(part, self.steps, self.context)[0]) for part in (self.train, self.test))
        return Identity(fingerprint.text(), "words and their numbers", *counts, self.num_classes, self.image_shape)


def windows(text: np.ndarray, steps: int, context: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples of a text: every word but the first is predicted once, the last incomplete example left out.

    Args:
        text: int32 [n].
        steps: words that an example predicts.
        context: words before them; before the beginning stands the first word of the text, repeated.

    Returns:
        (words int32 [examples, context + steps], targets int32 [examples, steps]).
    """
    count = (len(text) - 1) // steps
    padded = np.concatenate([np.full(context, text[0], np.int32), text])
    starts = steps * np.arange(count)[:, None]
    return padded[starts + np.arange(context + steps)], text[starts + 1 + np.arange(steps)]


def load_text(
    name: str, *, unit: str = "tokens", vocabulary: int = 10_000, steps: int = 35, context: int = 35
) -> TextDataset:
    """Loads a text.

    =================  =======================================================================================
    name               what it is
    =================  =======================================================================================
    ``python_docs``    the documentation that Python's ``help()`` shows, 100,000 words; always there
    ``text:FILE``      a text file; its last tenth is the test text
    ``text:FOLDER``    a folder with train.txt and test.txt, or with Penn Treebank's ptb.train.txt and ptb.test.txt
    =================  =======================================================================================

    Args:
        name: see the table.
        unit: what a word is: ``words`` between blanks, ``tokens`` (words and marks, in small letters), ``characters``.
        vocabulary: most words that get a number of their own, the two special ones included.
        steps: words that one example predicts.
        context: words before them that an example shows besides.

    Raises:
        FileNotFoundError: if the file, or one of the folder's two, is not there.
        ValueError: if a file is not UTF-8, or a text too short.
    """
    require_utf8(name, "the text")
    lines, label = _lines(name)
    train, test = ([*_words(lines[part], UNITS[unit])] for part in ("train", "test"))
    numbers = _numbers(train, vocabulary)
    unknown = numbers[UNKNOWN]
    coded = (np.array([numbers.get(word, unknown) for word in text], np.int32) for text in (train, test))
    return TextDataset(name, label, tuple(numbers), *coded, steps, context)


def _lines(name: str) -> tuple[dict[str, list[str]], str]:
    """Lines of both texts, and what reports call them."""
    if name == EMBEDDED_TEXT:
        return _divided(_python_docs()), f"Python documentation ({platform.python_version()})"
    path = pathlib.Path(name.removeprefix(TEXT_PREFIX)).expanduser()
    if path.is_file():
        return _divided(_read(path)), path.stem
    if not path.is_dir():
        raise FileNotFoundError(f"{name}: no such file or folder: {path}")
    return {part: _read(_one_of(path, files)) for part, files in PARTS.items()}, path.resolve().name


def _one_of(folder: pathlib.Path, files: Iterable[str]) -> pathlib.Path:
    for file in files:
        if (folder / file).is_file():
            return folder / file
    raise FileNotFoundError(f"{folder} holds no {' or '.join(files)}")


def _read(path: pathlib.Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not a UTF-8 text: {error}") from None


def _divided(lines: list[str]) -> dict[str, list[str]]:
    """The last tenth of the lines is the test text."""
    last = len(lines) - max(len(lines) // 10, 1)
    return {"train": lines[:last], "test": lines[last:]}


def _python_docs() -> list[str]:
    # Here and not above: 700 KB that only this data set reads.
    from pydoc_data.topics import topics

    return [line for name in sorted(topics) for line in topics[name].splitlines() if line.strip()]


def _words(lines: Iterable[str], split: Callable[[str], Iterable[str]]) -> Iterator[str]:
    for line in lines:
        yield from split(line)
        yield END


def _numbers(words: list[str], most: int) -> dict[str, int]:
    """Numbers of the most frequent words, which come first; words of equal frequency in alphabetical order."""
    counts = collections.Counter(word for word in words if word not in (END, UNKNOWN))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return {word: number for number, word in enumerate((END, UNKNOWN, *ranked[: most - 2]))}
