"""Sweeps: from a grid, ranges or a list to settings, and in which order, and how far, their trials are run."""
