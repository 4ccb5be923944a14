"""A text: its recurrent cell is searched, derived, retrained beside an LSTM of equal size, and reported."""

import json

import pytest

from dartsx.catalog import SEARCHED

SPACE = 'from dartsx.spaces import RecurrentSpace\nsmall = RecurrentSpace(("none", "tanh", "identity"), num_nodes=2)\n'
TINY = (
    "--config=configs/text.py",
    *("--config.search.epochs=1", "--config.search.max_steps=2", "--config.search.chunk_steps=2"),
    *("--config.search.channels=4", "--config.search.batch_size=4"),
    *("--config.evaluate.epochs=2", "--config.evaluate.batch_size=64", "--config.evaluate.channels=4"),
    "--config.evaluate.average_from=1",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, python, compilation_cache, quick_flags):
    folder = tmp_path_factory.mktemp("text")
    (folder / "own_cells.py").write_text(SPACE)
    text = "the cat sat on the mat\n" * 400 + "the dog sat on the log\n" * 40
    (folder / "own.txt").write_text(text)
    own = (f"--config.dataset.name=text:{folder}/own.txt", "--config.space.name=own_cells:small", compilation_cache)
    done = python(
        "-m", "experiments.run", *TINY, *own, f"--workdir={folder}/run", PYTHONPATH=str(folder), XLA_FLAGS=quick_flags
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "run", done.stdout


def test_the_cell_is_searched_retrained_and_ranked_by_perplexity(ran):
    folder, printed = ran
    cell = json.loads((folder / "search" / "genotype.json").read_text())
    assert len(cell["recurrent"]) == 2 and cell["concat"] == [1, 2]
    derived, lstm = (json.loads((folder / name / "result.json").read_text()) for name in ("derived", "baseline"))
    # Nine words, six of them often: two epochs leave less than chance among all of them.
    assert 1 < derived["test_perplexity"] < 9 and 1 < lstm["test_perplexity"] < 9
    assert abs(derived["params"] - lstm["params"]) < 0.35 * derived["params"]
    assert "test perplexity" in printed and "lstm" in printed
    assert SEARCHED["language"].name in json.loads((folder / "search" / "result.json").read_text())


def test_the_report_shows_the_loss_and_says_what_the_numbers_are(ran):
    report = (ran[0] / "report" / "report.md").read_text()
    assert "Test perplexity: mean" in report and "test error" not in report
    assert "test_perplexity_mean" in (ran[0] / "report" / "table.csv").read_text().splitlines()[0]


def test_images_and_words_are_not_mixed_up(python):
    search = ("-m", "experiments.search", "--workdir=never")
    wrong = python(*search, "--config=configs/text.py", "--config.space.name=darts")
    assert wrong.returncode == 2
    assert "--config.dataset.name='python_docs': has examples of words; the network reads images" in wrong.stderr
    wrong = python(*search, "--config=configs/digits.py", "--config.space.name=recurrent")
    assert "--config.dataset.name='digits': has examples of images; the network reads words" in wrong.stderr
