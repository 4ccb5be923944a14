"""Layers, primitives and the edges of cells on [C, N, H, W]."""
