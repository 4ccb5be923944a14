"""dartsx: differentiable neural architecture search in JAX.

The folders follow the data, among them ``spaces`` (what can be searched), ``nn`` (how it computes), ``search``,
``retrain``, ``data``, ``cost``, ``report`` and ``runtime``. Importing this package imports no JAX.
"""

__version__ = "0.1.0"
