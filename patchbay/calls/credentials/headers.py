"""What HTTP lets stand in a header: anything else could make two headers of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from patchbay.environment import Secret

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def require_header_name(name: str | None) -> None:
    """Check a declared header's name; None is well. Raises ConfigurationError, at the adapter's own line."""
    if name is not None and _NAME.fullmatch(name) is None:
        raise ConfigurationError("credentials: a header's name holds letters, digits and dashes only")


def is_header_value(text: str) -> bool:
    """Whether a header can carry it as it is."""
    return text.isascii() and text.isprintable()


def header_value(secret: Secret, template: str = "{}") -> Secret:
    """The secret inside a header's value. Raises ConfigurationError where it could break out of it."""
    value = secret.reveal()
    if not is_header_value(value):
        message = f"environment variable {secret.variable} holds characters that a header cannot carry"
        raise ConfigurationError(message)
    return secret.derive(template.format(value))
