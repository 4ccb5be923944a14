"""Open parts of a description: decisions that a search has yet to take. Imports nothing, so that traces can use it."""
