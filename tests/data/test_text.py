"""Texts: words and their numbers, examples, files of a user's own, wrong ones."""

import numpy as np
import pytest

from dartsx.data.text import END, UNKNOWN, load_text, windows


def write(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return f"text:{folder}"


def test_every_word_but_the_first_is_predicted_once_from_those_before_it():
    text = np.arange(1, 12, dtype=np.int32)
    words, targets = windows(text, steps=3, context=2)
    assert words.tolist() == [[1, 1, 1, 2, 3], [2, 3, 4, 5, 6], [5, 6, 7, 8, 9]]
    assert targets.tolist() == [[2, 3, 4], [5, 6, 7], [8, 9, 10]]


def test_the_frequent_words_of_the_training_text_have_numbers(tmp_path):
    name = write(tmp_path, train="b a b\nc a b d", test="d e a")
    dataset = load_text(name, unit="words", vocabulary=5, steps=2, context=1)
    assert dataset.classes == (END, UNKNOWN, "b", "a", "c")
    assert [dataset.classes[i] for i in dataset.train] == ["b", "a", "b", END, "c", "a", "b", UNKNOWN, END]
    assert [dataset.classes[i] for i in dataset.test] == [UNKNOWN, UNKNOWN, "a", END]
    assert dataset.image_shape == (3,) and (dataset.identity.train, dataset.identity.test) == (4, 1)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("words", ["It's", "x,y", END]),
        ("tokens", ["it", "'", "s", "x", ",", "y", END]),
        ("characters", list("It's x,y")),
    ],
)
def test_a_line_is_cut_into_units(tmp_path, unit, words):
    dataset = load_text(write(tmp_path, train="It's x,y", test="It's x,y"), unit=unit, steps=1)
    assert [dataset.classes[i] for i in dataset.train][: len(words)] == words


def test_equal_texts_have_one_identity_wherever_they_lie(tmp_path):
    places = [tmp_path / "a", tmp_path / "b", tmp_path / "c"]
    texts = ["one two three", "one two three", "one three two"]
    for place in places:
        place.mkdir()
    found = [load_text(write(place, train=t, test=t), steps=2).identity for place, t in zip(places, texts, strict=True)]
    assert found[0] == found[1] != found[2]


def test_penn_treebank_files_and_a_single_file_are_read(tmp_path):
    for part in ("train", "test"):
        (tmp_path / f"ptb.{part}.txt").write_text("a b c\n", encoding="utf-8")
    assert len(load_text(f"text:{tmp_path}", steps=2).test) == 4
    (tmp_path / "whole.txt").write_text("a b c\n" * 20, encoding="utf-8")
    dataset = load_text(f"text:{tmp_path}/whole.txt", steps=2)
    assert (len(dataset.train), len(dataset.test), dataset.label) == (72, 8, "whole")


def test_wrong_texts_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file or folder: .*nowhere"):
        load_text(f"text:{tmp_path}/nowhere")
    write(tmp_path, train="a b c")
    with pytest.raises(FileNotFoundError, match="holds no test.txt or ptb.test.txt"):
        load_text(f"text:{tmp_path}")
    write(tmp_path, test="a")
    with pytest.raises(ValueError, match="the test text has 2 words; an example of 2 needs one more"):
        load_text(f"text:{tmp_path}", steps=2)
    (tmp_path / "test.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="test.txt: not a UTF-8 text"):
        load_text(f"text:{tmp_path}")
