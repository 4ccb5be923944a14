"""Classes of images by an exported network.

``dartsx predict --model=runs/network/export/onnx images/*.png``
``dartsx predict --model=exported --format=json --top=1 photo.jpg``

Images of another size are resized as the evaluation resized its test images; stderr says how. The formats need what
reads them (onnxruntime, torch, or jax with flatbuffers), and no format needs the run or its data.
"""

from __future__ import annotations

import csv
import json
import pathlib
import sys
from collections.abc import Iterator, Sequence

from absl import flags

from dartsx.experiments.settings import SettingsError, run_main
from dartsx.experiments.tables import show, table

_MODEL = flags.DEFINE_string("model", None, "folder of an export, with model.json", required=True)
_FORMAT = flags.DEFINE_enum("format", "table", ["table", "csv", "json"], "how the classes are printed")
_TOP = flags.DEFINE_integer("top", 3, "classes shown for each image", lower_bound=1)


def main(paths: Sequence[str]) -> None:
    """Prints the most probable classes of every image."""
    if not paths:
        raise SettingsError("no images: name their files behind the flags")
    from dartsx.experiments.jobs.predict import classify, read_model  # imports what computes: wrong flags fail before

    model = read_model(pathlib.Path(_MODEL.value))
    found = classify(model, paths, _TOP.value, told=lambda line: print(line, file=sys.stderr))
    if _FORMAT.value == "json":
        records = [
            {"image": path, "classes": [{"class": c, "probability": p} for c, p in best]} for path, best in found
        ]
        print(json.dumps(records, indent=2))
    elif _FORMAT.value == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([("image", "rank", "class", "probability"), *_rows(found)])
    else:
        made = table(caption=f"{model.made.card.network}, trained on {model.made.card.dataset}")
        for name in ("image", "class", "probability"):
            made.add_column(name, justify="right" if name == "probability" else "left", overflow="fold")
        for path, rank, name, probability in _rows(found):
            made.add_row(path if rank == 1 else "", name, f"{100 * probability:.1f} %")
        show(made)


def _rows(found: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> Iterator[tuple[str, int, str, float]]:
    for path, best in found:
        yield from ((path, rank, name, probability) for rank, (name, probability) in enumerate(best, start=1))


if __name__ == "__main__":
    run_main(main, config=None)
