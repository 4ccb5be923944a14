"""dartsx: differentiable neural architecture search in JAX.

The folders follow the data: ``spaces`` (what can be searched), ``nn`` (how it computes), ``search``,
``retrain``, ``data``, ``cost``, ``report``, ``runtime``. Importing this package imports no JAX.
"""

__version__ = "0.1.0"
