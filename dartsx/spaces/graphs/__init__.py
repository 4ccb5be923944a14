"""Spaces whose networks are graphs: cells of blocks of two operations, layers with anchors, whole networks."""
