"""The error of reports."""


class RunError(ValueError):
    """A run that cannot be reported; the message names the file and what is wrong with it."""
