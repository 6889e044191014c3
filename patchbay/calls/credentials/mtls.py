"""TLS with a client certificate."""

from __future__ import annotations

import os
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, replace
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from patchbay.calls.credentials.base import Opened
from patchbay.calls.credentials.pem import read_pem
from patchbay.calls.tls import make_tls_context
from patchbay.environment import Variable
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patchbay.calls.credentials.base import Credentials, Opening
    from patchbay.environment import Environment, Secret


@dataclass(frozen=True)
class ClientCertificate:
    """A client certificate, and what else is sent.

    Args:
        certificate: the environment variable that names the file with the certificate and those between it
            and its authority, in PEM; or that holds the PEM itself.
        key: the environment variable that names the file with the private key, in PEM; or that holds it.
        password: the environment variable that holds the key's password; None where it has none.
        authority: the environment variable that names the file with the authorities to trust instead of the
            system's, in PEM; or that holds them.
        credentials: further ones, for the calls themselves.
    """

    certificate: str
    key: str
    password: str | None = None
    authority: str | None = None
    credentials: Credentials | None = None

    def variables(self) -> Sequence[Variable]:
        """Certificate and key, and what else there is."""
        variables = [Variable(self.certificate, "client certificate"), Variable(self.key, "its private key")]
        if self.password is not None:
            variables.append(Variable(self.password, "password of the private key"))
        if self.authority is not None:
            variables.append(
                Variable(self.authority, "authorities that the server's certificate is checked by")
            )
        return (*variables, *(self.credentials.variables() if self.credentials is not None else ()))

    def open(self, opening: Opening) -> Opened:
        """Reads the files once: a certificate that is renewed wants a restart."""
        opened = Opened() if self.credentials is None else self.credentials.open(opening)
        return replace(opened, tls=self._context(opening.environment))

    def _context(self, environment: Environment) -> ssl.SSLContext:
        certificate, key = read_pem(environment, self.certificate), read_pem(environment, self.key)
        password = None if self.password is None else environment.secret(self.password)
        authority = None if self.authority is None else read_pem(environment, self.authority).reveal()
        try:
            context = make_tls_context(authority)
        except ssl.SSLError as error:
            message = f"environment variable {self.authority} leads to no certificate in PEM"
            raise ConfigurationError(message) from error
        try:
            # load_cert_chain does not tell which of the two it cannot read.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate.reveal())
        except ssl.SSLError as error:
            message = f"environment variable {self.certificate} leads to no certificate in PEM"
            raise ConfigurationError(message) from error
        with _as_file(certificate) as certificate_path, _as_file(key) as key_path:
            try:
                # Without a password OpenSSL would ask for one at the terminal.
                context.load_cert_chain(
                    certificate_path, key_path, lambda: password.reveal() if password is not None else ""
                )
            except (ssl.SSLError, ValueError) as error:
                raise ConfigurationError(self._problem_of_key(error)) from error
        return context

    def _problem_of_key(self, error: Exception) -> str:
        if "KEY_VALUES_MISMATCH" in str(error):
            return f"environment variable {self.key} leads to the key of another certificate"
        password = "needs a password" if self.password is None else f"is not opened by {self.password}"
        return f"environment variable {self.key} leads to no private key in PEM, or to one that {password}"


@contextmanager
def _as_file(pem: Secret) -> Iterator[str]:
    """The path of a file with this content, for OpenSSL, which reads certificates from files only.

    Where the system has files in memory nothing is written to a disk; elsewhere it is one that only this user
    can read, and it is removed at once.
    """
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("pem"), "w", encoding="ascii", errors="replace") as memory:
            memory.write(pem.reveal())
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
        return
    with NamedTemporaryFile("w", encoding="ascii", errors="replace", suffix=".pem") as file:
        file.write(pem.reveal())
        file.flush()
        yield file.name
