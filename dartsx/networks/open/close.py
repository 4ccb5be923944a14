"""From an open description and an architecture's choices to a closed one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from dartsx.networks.open.place import Place
from dartsx.networks.open.size import at

Choices = Mapping[str, str]  # decision -> option


@runtime_checkable
class OpenPart(Protocol):
    """A block that stands for several."""

    def close(self, choices: Choices) -> Any:
        """The block that the choices leave; its own parts may still be open."""
        ...


# Most of a description; asking a protocol takes a hundred times as long. Places lead to one another along many ways,
# and say when a layer exists, not what it is.
_PLAIN = (int, float, bool, str, type(None), Place)


def close(description: Any, choices: Choices) -> Any:
    """Replaces all open parts, inside of frozen dataclasses and tuples, by what the choices say.

    Args:
      description: a network, a block, a tuple of them, or anything inside one.
      choices: decision -> option. Decisions inside options that are not chosen need none.

    Returns:
      The same without open parts; what holds none is returned as it is.

    Raises:
      ValueError: a decision without choice, or an option that it does not have.
    """
    if type(description) in _PLAIN:
        return description
    if isinstance(description, OpenPart):
        return close(description.close(choices), choices)
    if isinstance(description, tuple):
        parts = [close(part, choices) for part in description]
        if all(new is old for new, old in zip(parts, description, strict=True)):
            return description
        return getattr(type(description), "_make", tuple)(parts)  # a named tuple stays one
    if dataclasses.is_dataclass(description) and not isinstance(description, type):
        old = {field.name: getattr(description, field.name) for field in dataclasses.fields(description) if field.init}
        new = {name: close(part, choices) for name, part in old.items()}
        changed = any(new[name] is not old[name] for name in old)
        return dataclasses.replace(description, **new) if changed else description
    return at(description, choices)
