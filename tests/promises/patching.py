"""How a mutant breaks one point of the code that it runs in."""

from __future__ import annotations


def patch(owner: object, name: str, value: object) -> None:
    """Set what is there already: a mutant of what has another name by now would break nothing."""
    assert hasattr(owner, name), name
    setattr(owner, name, value)
