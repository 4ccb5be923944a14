"""Data sets are told apart by what they are, not by what they are called."""

from dartsx.report import aggregate, read_runs


def data(digits, hashed="pixels", **counts):
    fingerprint = f"sha256:{digits * 64}"
    return {"inputs": {"data": {"hashed": hashed, "train": 8, "test": 2, **counts, "fingerprint": fingerprint}}}


def config(name, image_size=None):
    return {"dataset": {"name": name, "image_size": image_size}}


def rows_of(*paths):
    return [(row.dataset, row.n, row.setup) for row in aggregate(read_runs(paths).evaluates).rows]


def test_folders_of_one_name_with_other_content_are_never_averaged(evaluate_run):
    rows = rows_of(
        evaluate_run("a", 3.0, seed=0, dataset="images", config=config("folder:x/images"), **data("a")),
        evaluate_run("b", 4.0, seed=1, dataset="images", config=config("folder:x/images"), **data("b")),
    )
    assert rows == [("images (data aaaaaaaa)", 1, ""), ("images (data bbbbbbbb)", 1, "")]


def test_the_same_data_at_two_places_are_one_data_set(evaluate_run):
    rows = rows_of(
        evaluate_run("a", 3.0, seed=0, dataset="node1", config=config("folder:/node1"), **data("a")),
        evaluate_run("b", 4.0, seed=1, dataset="node2", config=config("folder:/node2"), **data("a")),
    )
    assert rows == [("node1", 2, "")]


def test_one_data_set_in_two_sizes_keeps_its_name_and_its_rows(evaluate_run):
    rows = rows_of(
        evaluate_run("a", 3.0, dataset="images", config=config("images.npz", 16), **data("a")),
        evaluate_run("b", 4.0, dataset="images", config=config("images.npz", 32), **data("b")),
    )
    assert rows == [("images", 1, "dataset.image_size=16"), ("images", 1, "dataset.image_size=32")]


def test_runs_that_did_not_record_their_data_are_told_apart_by_their_paths(evaluate_run):
    rows = rows_of(
        evaluate_run("a", 3.0, dataset="images", config=config("folder:x/images")),
        evaluate_run("b", 4.0, dataset="images", config=config("folder:y/images"), **data("a")),
    )
    assert [(name, n) for name, n, _ in rows] == [("images", 1), ("images", 1)]


def test_searches_on_other_data_make_other_rows(search_run, evaluate_run):
    searches = [search_run(f"s{d}", dataset="images", **data(d)) for d in "ab"]
    paths = [evaluate_run(f"e{i}", 3.0, search=s, seed=i, **data("c")) for i, s in enumerate(searches)]
    assert [n for _, n, _ in rows_of(*paths)] == [1, 1]
