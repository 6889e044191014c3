"""Credentials that are the same for each call: an API key, a token, a name with a password."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.headers import header_value, require_header_name
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.calls.credentials.base import Opening


@dataclass(frozen=True)
class ApiKey:
    """An API key in a header, or in the query where an upstream knows no better.

    Args:
        variable: the environment variable that holds the key.
        header: the header's name.
        query: the query parameter's name; the header is not sent then.

    Raises:
        ConfigurationError: the header's name is none.
    """

    variable: str
    header: str = "X-Api-Key"
    query: str | None = None

    def __post_init__(self) -> None:
        require_header_name(self.header)

    def variables(self) -> Sequence[Variable]:
        """The key."""
        place = self.header if self.query is None else f"the query parameter {self.query}"
        return (Variable(self.variable, f"API key, sent as {place}"),)

    def open(self, opening: Opening) -> Opened:
        """The key as it is."""
        key = opening.environment.secret(self.variable)
        if self.query is not None:
            return Opened(query={self.query: key})
        return Opened(headers={self.header: header_value(key)})


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

    def open(self, opening: Opening) -> Opened:
        """`Authorization: Bearer ...`."""
        token = opening.environment.secret(self.variable)
        return Opened(headers={"Authorization": header_value(token, "Bearer {}")})


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

    def open(self, opening: Opening) -> Opened:
        """`Authorization: Basic ...`."""
        environment = opening.environment
        user = environment.text(self.user)
        if ":" in user:
            message = f"environment variable {self.user}: a user name for HTTP Basic cannot hold a colon"
            raise ConfigurationError(message)
        password = environment.secret(self.password)
        pair = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
        return Opened(headers={"Authorization": password.derive(f"Basic {pair}")})
