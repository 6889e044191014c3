"""Secrets that a vendor and we share, several at a time while one is being replaced by another."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from patchbay.environment import Secret, Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patchbay.environment import Environment
    from patchbay.inbox.signatures.base import Opening


def read_secrets(environment: Environment, variable: str) -> tuple[Secret, ...]:
    """The secrets of a variable, which stand between commas.

    Raises:
        ConfigurationError: there is none, naming the variable.
    """
    parts = (part.strip() for part in environment.text(variable).split(","))
    secrets = tuple(Secret(part, variable) for part in parts if part)
    if not secrets:
        raise ConfigurationError(f"environment variable {variable} holds no secret")
    return secrets


class TextKeys:
    """Secrets whose text is the HMAC's key, as with most vendors. Until they are open there are none.

    Args:
        variable: where they stand.
    """

    def __init__(self, variable: Variable) -> None:
        self.variable = variable
        self._secrets: tuple[Secret, ...] = ()

    def open(self, environment: Environment) -> None:
        """Read them. Raises ConfigurationError."""
        self._secrets = read_secrets(environment, self.variable.name)

    def digests(self, signed: bytes, algorithm: str = "sha256") -> Iterator[bytes]:
        """The HMAC of what was signed, for each live secret."""
        for secret in self._secrets:
            yield hmac.digest(secret.reveal().encode(), signed, algorithm)


class KeyedScheme:
    """What the schemes have in common that sign with text keys of one variable, and need nothing else."""

    def __init__(self, variable: Variable) -> None:
        self._keys = TextKeys(variable)

    def variables(self) -> Sequence[Variable]:
        """See Signature."""
        return (self._keys.variable,)

    def open(self, opening: Opening) -> None:
        """See Signature."""
        self._keys.open(opening.environment)

    async def close(self) -> None:
        """See Signature."""
