"""Images from copies of themselves that are several times smaller."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from dartsx.data import AugmentPolicy
from dartsx.data.pairs import PairDataset
from dartsx.feeds import Examples, Pairs, pair_examples
from dartsx.losses import Inputs, Loss, Metrics, Score, first
from dartsx.tasks.image_quality import psnr, ssim


class Shown(NamedTuple):
    """Pictures [N, H, W, C] of one size: the pixels of the low resolution, and what is made of them."""

    low_resolution: jax.Array
    bicubic: jax.Array
    network: jax.Array
    truth: jax.Array


@dataclasses.dataclass(frozen=True, eq=False)
class SuperResolution:
    """The `Task` of pairs of images; what a network makes is an image in the units that it reads, normalised."""

    dataset: PairDataset

    name: ClassVar[str] = "super_resolution"
    network: ClassVar[Mapping[str, Any]] = {}
    inputs: ClassVar[Inputs] = staticmethod(first)
    score: ClassVar[Score] = staticmethod(lambda values: values["psnr"])
    collected: ClassVar[None] = None

    def examples(self, part: str, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh) -> Examples:
        """Images with their smaller copies, see `pair_examples`."""
        return pair_examples(getattr(self.dataset.images, part), self.dataset, policy, dtype, mesh)

    def loss(self, label_smoothing: float = 0.0) -> Loss:
        """Mean absolute error in pixel units 0..1; metrics: `psnr` and `ssim` of 8-bit images, means over the images.

        The error is that of EDSR (arXiv:1707.02921, section 3.3). Both metrics are taken of all channels and pixels,
        where the field often takes them of the luminance without a border. There are no labels to be smoothed.
        """
        del label_smoothing
        mean, std = (jnp.asarray(values, jnp.float32) for values in (self.dataset.images.mean, self.dataset.images.std))

        def loss(outputs: jax.Array, batch: Pairs) -> tuple[jax.Array, Metrics]:
            pixels = outputs.astype(jnp.float32) * std + mean
            shown = jnp.round(255 * jnp.clip(jax.lax.stop_gradient(pixels), 0, 1)) / 255
            metrics = {"psnr": psnr(shown, batch.targets).mean(), "ssim": ssim(shown, batch.targets).mean()}
            return jnp.mean(jnp.abs(pixels - batch.targets)), metrics

        return loss

    def pictures(self, outputs: jax.Array, batch: Pairs) -> Shown:
        """See `Task`."""
        mean, std = (jnp.asarray(values, jnp.float32) for values in (self.dataset.images.mean, self.dataset.images.std))
        low, made = (values.astype(jnp.float32) * std + mean for values in (batch.images, outputs))
        enlarged = {
            kind: jax.image.resize(low, batch.targets.shape, kind, antialias=False) for kind in ("nearest", "cubic")
        }
        return Shown(enlarged["nearest"], enlarged["cubic"], made, batch.targets)

    @staticmethod
    def result(tested: Mapping[str, float]) -> dict[str, float]:
        """PSNR in dB, SSIM, and the loss."""
        return {"test_psnr": tested["psnr"], "test_ssim": tested["ssim"], "test_loss": tested["loss"]}
