"""What to run: each file is data that overrides ``base``, and states its costs and results."""
