"""Certificates and keys in PEM, from the environment or from files that it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from patchbay.environment import Environment, Secret


def read_pem(environment: Environment, name: str) -> Secret:
    """What a variable holds in PEM, or what stands in the file that it names. Raises ConfigurationError."""
    value = environment.secret(name)
    if value.reveal().startswith("-----BEGIN"):
        return value
    try:
        text = Path(value.reveal()).read_text(encoding="ascii", errors="replace")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "not a path"
        # Not chained: the cause shows the path, which may be a key that was written in its place.
        raise ConfigurationError(f"environment variable {name}: its file cannot be read: {problem}") from None
    return value.derive(text)
