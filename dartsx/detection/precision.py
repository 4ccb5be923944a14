"""Average precision as COCO defines it, computed by pycocotools."""

from __future__ import annotations

import contextlib
import io
from typing import Any, NamedTuple

import numpy as np

from dartsx.catalog import how_to_install

CROWDED = 100  # boxes of an image that are counted


class Truth(NamedTuple):
    """The boxes of images.

    Attributes:
      boxes: [N, most, 4], (top, left, bottom, right).
      labels: int [N, most].
      counts: int [N], how many there are.
    """

    boxes: np.ndarray
    labels: np.ndarray
    counts: np.ndarray


def average_precision(found: Any, truth: Any, classes: int) -> dict[str, float]:
    """Means over classes that have boxes of the areas under the curves of precision over recall, 0 to 1.

    Args:
      found: `dartsx.detection.Found` of N images, arrays [N, ...].
      truth: boxes, labels and counts of the same images, as `Truth`.
      classes: number of classes.

    Returns:
      ``ap``, the mean over the IoU thresholds 0.50, 0.55, ..., 0.95, and ``ap50``, that of the first.

    Raises:
      ImportError: pycocotools is not installed; says how to.
      ValueError: there is no box in any image.
    """
    coco, coco_eval = _pycocotools()
    given = _annotations(truth)
    if not given:
        raise ValueError("average precision needs boxes, and no image has any")
    images = [{"id": i} for i in range(len(truth.counts))]
    categories = [{"id": i} for i in range(classes)]
    with contextlib.redirect_stdout(io.StringIO()):  # it tells of every stage
        right, said = coco.COCO(), coco.COCO()
        for index, boxes in ((right, given), (said, _detections(found))):
            index.dataset = {"images": images, "annotations": boxes, "categories": categories}
            index.createIndex()
        evaluation = coco_eval.COCOeval(right, said, "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [CROWDED]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]  # [thresholds, recalls, classes, areas, maxima]; -1 of classes without box
    return {"ap": float(precision[precision > -1].mean()), "ap50": float(precision[0][precision[0] > -1].mean())}


def _annotations(truth: Any) -> list[dict[str, Any]]:
    made = []
    for image, count in enumerate(truth.counts):
        for box, label in zip(truth.boxes[image][:count], truth.labels[image][:count], strict=True):
            made.append(_entry(len(made), image, box, label) | {"iscrowd": 0, "ignore": 0})
    return made


def _detections(found: Any) -> list[dict[str, Any]]:
    made = []
    for image, scores in enumerate(found.scores):
        for box, label, score in zip(found.boxes[image], found.labels[image], scores, strict=True):
            if score >= 0:
                made.append(_entry(len(made), image, box, label) | {"score": float(score)})
    return made


def _entry(number: int, image: int, box: np.ndarray, label: int) -> dict[str, Any]:
    top, left, bottom, right = map(float, box)
    area = (bottom - top) * (right - left)
    sides = [left, top, right - left, bottom - top]
    return {"id": number + 1, "image_id": image, "category_id": int(label), "bbox": sides, "area": area}


def _pycocotools() -> tuple[Any, Any]:
    try:
        from pycocotools import coco, cocoeval
    except ImportError as error:
        raise ImportError(f"average precision needs pycocotools: {how_to_install('detection')}") from error
    return coco, cocoeval
