"""Entry points: each reads a config, calls the library, and writes a work directory."""
