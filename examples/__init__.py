"""Short scripts that show how dartsx is used from Python; run them as ``python -m examples.NAME``."""
