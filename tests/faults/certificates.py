"""Certificates for the proxy's port that speaks TLS: a good one, and one for each mode that has its own."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


def server_contexts(folder: Path) -> dict[str, ssl.SSLContext]:
    """Mode -> what the port presents, the good one under `""`; their authority goes into authority.pem."""
    ours, unknown = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(folder / "authority.pem"))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificates = {
        "": ours.issue_cert("127.0.0.1", "localhost"),
        "tls_expired": ours.issue_cert("127.0.0.1", "localhost", not_after=yesterday),
        "tls_wrong_host": ours.issue_cert("other.example"),
        "tls_unknown": unknown.issue_cert("127.0.0.1", "localhost"),
    }
    return {mode: _context(certificate) for mode, certificate in certificates.items()}


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    certificate.configure_cert(context)
    return context
