"""Layers of described networks on [N, H, W, C]."""
