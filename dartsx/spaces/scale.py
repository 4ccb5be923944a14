"""How large the network of an architecture is."""

from __future__ import annotations

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Scale:
    """Numbers that a network needs besides the architecture; spaces say which of them they use, and their own defaults.

    The defaults are those of DARTS on CIFAR-10 (arXiv:1806.09055, section 3.2); `IMAGENET` are those of section 3.3.

    Attributes:
      channels: width of the first cell or stage.
      layers: number of cells, in topologies per stage.
      classes: number of logits.
      stem: first layers of a network of cells.
      stem_multiplier: channels of the CIFAR stem over `channels`.
      auxiliary: whether there is an auxiliary head, for training only.
      image_size: height and width of the images; None for those of the stem, 32 or (imagenet) 224.
    """

    channels: int = 36
    layers: int = 20
    classes: int = 10
    stem: Literal["cifar", "imagenet"] = "cifar"
    stem_multiplier: int = 3
    auxiliary: bool = False
    image_size: int | None = None

    @property
    def pixels(self) -> int:
        """Height and width of the images."""
        return self.image_size or (32 if self.stem == "cifar" else 224)


CIFAR = Scale()
IMAGENET = Scale(48, 14, 1000, "imagenet")
NB201 = Scale(16, 5)
