"""Credentials: declared by the names of environment variables, read when the upstream opens.

Each kind turns into HTTP headers. They are sent to the upstream's own origin only: an adapter names paths,
never hosts, and redirects are not followed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from patchbay.environment import Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.environment import Environment, Secret


class Credentials(Protocol):
    """Credentials that travel in HTTP headers."""

    def variables(self) -> Sequence[Variable]:
        """What `headers` reads."""

    def headers(self, environment: Environment) -> dict[str, Secret]:
        """Header name -> its whole value. Raises ConfigurationError for a variable."""


@dataclass(frozen=True)
class ApiKey:
    """An API key in a header.

    Args:
        variable: the environment variable that holds the key.
        header: the header's name.
    """

    variable: str
    header: str = "X-Api-Key"

    def variables(self) -> Sequence[Variable]:
        """The key."""
        return (Variable(self.variable, f"API key, sent as {self.header}"),)

    def headers(self, environment: Environment) -> dict[str, Secret]:
        """The key as it is."""
        return {self.header: _header_value(environment.secret(self.variable), "{}")}


@dataclass(frozen=True)
class Bearer:
    """A Bearer token (RFC 6750).

    Args:
        variable: the environment variable that holds the token.
    """

    variable: str

    def variables(self) -> Sequence[Variable]:
        """The token."""
        return (Variable(self.variable, "Bearer token"),)

    def headers(self, environment: Environment) -> dict[str, Secret]:
        """`Authorization: Bearer ...`."""
        return {"Authorization": _header_value(environment.secret(self.variable), "Bearer {}")}


@dataclass(frozen=True)
class Basic:
    """HTTP Basic (RFC 7617), in UTF-8.

    Args:
        user: the environment variable that holds the user's name.
        password: the environment variable that holds the password.
    """

    user: str
    password: str

    def variables(self) -> Sequence[Variable]:
        """User and password."""
        return (Variable(self.user, "user name"), Variable(self.password, "password"))

    def headers(self, environment: Environment) -> dict[str, Secret]:
        """`Authorization: Basic ...`."""
        user = environment.text(self.user)
        if ":" in user:
            message = f"environment variable {self.user}: a user name for HTTP Basic cannot hold a colon"
            raise ConfigurationError(message)
        password = environment.secret(self.password)
        pair = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
        return {"Authorization": password.derive(f"Basic {pair}")}


def _header_value(secret: Secret, template: str) -> Secret:
    """The secret inside a header's value, refused where it could break out of the header."""
    value = secret.reveal()
    if not (value.isascii() and value.isprintable()):
        message = f"environment variable {secret.variable} holds characters that a header cannot carry"
        raise ConfigurationError(message)
    return secret.derive(template.format(value))
