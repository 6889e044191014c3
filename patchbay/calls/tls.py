"""The TLS context of all outbound connections."""

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
    """One for all: loading the certificates costs up to a quarter of a second.

    Certificates and host names are checked against the system's authorities; the variables SSL_CERT_FILE and
    SSL_CERT_DIR name others, as for any program that uses OpenSSL.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    file = next(filter(os.path.isfile, _CA_FILES), None)
    if file and not (paths.cafile or paths.capath):
        context.load_verify_locations(file)
    context.set_alpn_protocols(["http/1.1"])
    return context
