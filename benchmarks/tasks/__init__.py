"""What a worker process can measure: one module per task, each with ``start(options) -> Task``."""
