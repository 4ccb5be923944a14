"""Three convolutions whose kernels and widths are decided: a space, and the part of it in which widths do not fall.

Small enough that 100 networks of each are trained on handwritten digits in minutes, in one compiled program:

``cd examples; dartsx design --spaces=plain_convolutions:any_widths,plain_convolutions:rising_widths``
``  --budget=100 --workdir=../runs/plain``

The question is that of RegNet's step from AnyNetX_C to AnyNetX_D (arXiv:2003.13678, section 3.2).
"""

from dartsx.networks import Choice, Network, Width
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import DescribedSpace, Restriction, Scale
from dartsx.spaces.written_space import restricted

STAGES, WIDTHS, KERNELS = ("stage1", "stage2", "stage3"), (4, 8, 16, 24), (1, 3)


def write(scale):
    """The open network: every stage halves the map."""
    body = tuple((convolution(stage),) for stage in STAGES)
    return Network("plain", (), body, (Classifier(scale.classes),), "an example of this project", scale.pixels)


def convolution(stage):
    """A convolution of an open width and kernel; of kernel 1 it sees every other pixel only."""
    width = Width(f"{stage}/width", WIDTHS)
    return Choice(f"{stage}/kernel", {str(kernel): ConvNorm(width, kernel, 2) for kernel in KERNELS})


def falls(choices):
    """Why widths are refused; empty where they do not fall."""
    widths = [int(choices[f"{stage}/width"]) for stage in STAGES]
    return "" if widths == sorted(widths) else f"widths must not fall: {widths}"


any_widths = DescribedSpace(write, Scale(image_size=12))
rising_widths = restricted(any_widths, Restriction(falls))
