"""Credentials that travel in the SOAP envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zeep.wsse.username import UsernameToken as ZeepUsernameToken

from patchbay.environment import Variable
from patchbay.errors import ConfigurationError
from patchbay.upstreams.soap_port import is_xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.environment import Environment


@dataclass(frozen=True)
class UsernameToken:
    """WS-Security UsernameToken 1.1, in the header of the SOAP envelope.

    Args:
        user: the environment variable that holds the user's name.
        password: the environment variable that holds the password.
        digest: send a digest with nonce and time instead of the password's text.
    """

    user: str
    password: str
    digest: bool = False

    def variables(self) -> Sequence[Variable]:
        """User and password."""
        return (Variable(self.user, "user name"), Variable(self.password, "password"))

    def token(self, environment: Environment) -> ZeepUsernameToken:
        """What zeep puts into each envelope. Raises ConfigurationError for a variable."""
        for variable in self.variables():
            if not is_xml_text(environment.text(variable.name)):
                message = f"environment variable {variable.name} holds a character that XML cannot carry"
                raise ConfigurationError(message)
        make: Any = ZeepUsernameToken
        token: ZeepUsernameToken = make(
            environment.text(self.user),
            environment.secret(self.password).reveal(),
            use_digest=self.digest,
            zulu_timestamp=True,
        )
        return token
