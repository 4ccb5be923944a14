"""What a detector ends with: rows of scores and offsets, made from maps of several sizes."""

from __future__ import annotations

import dataclasses
import math

from dartsx.networks.anchors import COORDINATES
from dartsx.networks.layers.layer import FreeLayer, Shape


@dataclasses.dataclass(frozen=True)
class Rows(FreeLayer):
    """Scores and offsets of all anchors, one row for each: what a detector says of an image.

    Reads first the maps of scores of all levels, [H, W, anchors * classes], then those of offsets, [H, W, anchors * 4];
    rows go level by level, row by row of pixels, and anchor by anchor within a pixel.

    Attributes:
      classes: number of classes.
      anchors: anchors of a pixel.
      prior: probability of every class to begin with: scores have log(prior / (1 - prior)) added, which is the first
        bias of RetinaNet's last convolution (arXiv:1708.02002, section 4.1) in a place that no weight decay reaches.
    """

    classes: int
    anchors: int
    prior: float = 0.01

    @property
    def first_score(self) -> float:
        """What is added to the scores."""
        return math.log(self.prior / (1 - self.prior))

    def output(self, *inputs: Shape) -> Shape:
        """(anchors of all levels, classes + 4)."""
        half = len(inputs) // 2
        rows = 0
        for scores, offsets in zip(inputs[:half], inputs[half:], strict=True):
            wanted = [(*scores[:2], self.anchors * size) for size in (self.classes, COORDINATES)]
            if [scores, offsets] != wanted:
                raise ValueError(f"a level needs maps of shapes {wanted}, got {scores} and {offsets}")
            rows += scores[0] * scores[1] * self.anchors
        return (rows, self.classes + COORDINATES)
