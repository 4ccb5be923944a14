"""Detection: anchors as boxes, matching, loss, suppression of repeated boxes, average precision."""

from dartsx.detection.boxes import anchor_boxes, decode, encode, iou
from dartsx.detection.found import Found, find
from dartsx.detection.loss import detection
from dartsx.detection.matching import Matched, match
from dartsx.detection.precision import average_precision

__all__ = [
    "Found",
    "Matched",
    "anchor_boxes",
    "average_precision",
    "decode",
    "detection",
    "encode",
    "find",
    "iou",
    "match",
]
