"""What is done to training images."""

from __future__ import annotations

import dataclasses

from dartsx.catalog.rules import at_least, below_one, rule_of, where


@dataclasses.dataclass(frozen=True)
class AugmentPolicy:
    """What is done to training images.

    Attributes:
      crop_padding: zero pixels added on each side before a random crop back to the image's size; 0 for no crop.
      flip: whether half of the images are mirrored left to right.
      cutout: side of the square that is erased, in pixels; 0 for none. Of an odd side one pixel less is erased.
      scale: with masks or boxes, images are resized by factors from 1 - scale to 1 + scale; 0 for none.

    Raises:
      ValueError: if a number is out of its bounds.
    """

    crop_padding: int = where(at_least(0), 4)
    flip: bool = True
    cutout: int = where(at_least(0), 0)
    scale: float = where(below_one(), 0.0)

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value, rule = getattr(self, field.name), rule_of(field)
            if rule and not rule.holds(value):
                raise ValueError(f"{field.name}={value}: {rule.problem(value)}")
