"""TLS contexts of outbound connections."""

from __future__ import annotations

import os
import ssl
from functools import cache

_CA_FILES = (
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/ca-bundle.pem",
)
"""Where systems keep their certificates; a Python built elsewhere may look in none of these."""


@cache
def tls_context() -> ssl.SSLContext:
    """The one of all upstreams without certificates of their own: loading the authorities takes long."""
    return make_tls_context()


def make_tls_context(authority: str | None = None) -> ssl.SSLContext:
    """A context for calls; certificates and host names are checked. It costs up to a quarter of a second.

    Args:
        authority: certificates in PEM, to trust instead of the system's authorities. In place of these, the
            variables SSL_CERT_FILE and SSL_CERT_DIR name others, as for any program that uses OpenSSL.

    Raises:
        ssl.SSLError: `authority` holds no certificate.
    """
    context = ssl.create_default_context(cadata=authority)
    if authority is None:
        paths = ssl.get_default_verify_paths()
        file = next(filter(os.path.isfile, _CA_FILES), None)
        if file and not (paths.cafile or paths.capath):
            context.load_verify_locations(file)
    context.set_alpn_protocols(["http/1.1"])
    return context
