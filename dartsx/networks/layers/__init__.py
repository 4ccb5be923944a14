"""Primitive layers: what every network here is made of in the end.

A layer is a frozen record. It knows the shape that it makes of its inputs' shapes and the weights that it needs, and
nothing else: `dartsx.kernels` computes it, `dartsx.cost` counts it. A shape is (height, width, channels) of a map or
(features,) of a vector, for one image.
"""

from dartsx.networks.layers.constants import Noise, Zero
from dartsx.networks.layers.joins import Add, Concat, Multiply
from dartsx.networks.layers.layer import FreeLayer, Layer, Shape, SingleLayer, Value, Weight
from dartsx.networks.layers.pools import AdaptivePool, GlobalMax, GlobalPool, Pool
from dartsx.networks.layers.rows import Rows
from dartsx.networks.layers.shapes import Flatten, Input, PadChannels, PixelShuffle, Resize, Shuffle, Slice
from dartsx.networks.layers.values import ACTIVATIONS, Activation, Dropout, DropPath, Identity, LocalNorm, Scaled
from dartsx.networks.layers.weighted import Conv, Linear, Norm

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "AdaptivePool",
    "Add",
    "Concat",
    "Conv",
    "DropPath",
    "Dropout",
    "Flatten",
    "FreeLayer",
    "GlobalMax",
    "GlobalPool",
    "Identity",
    "Input",
    "Layer",
    "Linear",
    "LocalNorm",
    "Multiply",
    "Noise",
    "Norm",
    "PadChannels",
    "PixelShuffle",
    "Pool",
    "Resize",
    "Rows",
    "Scaled",
    "Shape",
    "Shuffle",
    "SingleLayer",
    "Slice",
    "Value",
    "Weight",
    "Zero",
]
