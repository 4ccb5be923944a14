"""Spaces of chains of inverted bottlenecks, a file each; `dartsx.spaces.SPACES` builds them when they are asked for."""
