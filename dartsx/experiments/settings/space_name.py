"""The space that a command counts or measures."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SpaceName:
    """The group ``space`` of a config that needs no more of it: a name or ``module:attribute``; empty for none."""

    name: str
