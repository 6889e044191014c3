"""PayPal as the tests play it: an authority, its certificates, and the server they are fetched from."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import threading
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from patchbay.calls.tls import tls_context
from patchbay.inbox.signatures import PayPalSite

NAME = "messageverificationcerts.paypal.com"
PATH = "/v1/notifications/certs/"
_FIRST_LINES = {200: b"200 OK", 404: b"404 Not Found", 503: b"503 Service Unavailable"}


class Authority:
    """Issues certificates through an intermediate authority, as a public one does."""

    def __init__(self) -> None:
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        self._key = ec.generate_private_key(ec.SECP256R1())
        root = _name("root")
        self.root = _authority(root, self._root_key, root, self._root_key, depth=1)
        self.intermediate = _authority(_name("intermediate"), self._key, root, self._root_key, depth=0)
        self.pem = self.root.public_bytes(Encoding.PEM).decode()

    def issue(
        self,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        name: str = NAME,
        *,
        starts: datetime | None = None,
        ends: datetime | None = None,
    ) -> bytes:
        """The chain, in PEM, of a certificate for this key."""
        now = datetime.now(UTC)
        builder = (
            _builder(_name(name), key.public_key(), self.intermediate.subject)
            .not_valid_before(starts or now - timedelta(days=400))
            .not_valid_after(ends or now + timedelta(days=400))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_issued_by(self._key), critical=False)
        )
        certificate = builder.sign(self._key, SHA256())
        return certificate.public_bytes(Encoding.PEM) + self.intermediate.public_bytes(Encoding.PEM)


class PayPal:
    """Use it as a context manager: inside, its server runs and this process trusts its authority.

    Attributes:
        files: path -> what is answered for it.
        asked: the paths that were asked for, in order.
        status: of every answer.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.key = rsa.generate_private_key(65537, 2048)
        self.files = {f"{PATH}CERT-1": self.authority.issue(self.key)}
        self.asked: list[str] = []
        self.status = 200
        web = trustme.CA()
        self._trusted = folder / "authorities.pem"
        self._trusted.write_bytes(web.cert_pem.bytes() + self.authority.pem.encode())
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        web.issue_cert("127.0.0.1").configure_cert(self._tls)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self.site = PayPalSite((self.origin,), (NAME,))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = str(self._trusted)
        tls_context.cache_clear()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        os.environ.pop("SSL_CERT_FILE")
        if self._before is not None:
            os.environ["SSL_CERT_FILE"] = self._before
        tls_context.cache_clear()

    def stop(self) -> None:
        """Stop serving: nobody answers any more. Harmless when it has stopped."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def sign(
        self,
        body: bytes,
        at: float,
        webhook_id: str,
        *,
        certificate: str = "CERT-1",
        key: rsa.RSAPrivateKey | None = None,
    ) -> dict[str, str]:
        """The headers of a delivery."""
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        transmission = "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
        signed = f"{transmission}|{moment}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = (key or self.key).sign(signed, PKCS1v15(), SHA256())
        return {
            "paypal-transmission-id": transmission,
            "paypal-transmission-time": moment,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-cert-url": f"{self.origin}{PATH}{certificate}",
            "paypal-auth-algo": "SHA256withRSA",
        }

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with suppress(OSError), connection:
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with self._tls.wrap_socket(connection, server_side=True) as secured:
            asked = secured.recv(65_536)
            path = asked.split(b" ")[1].decode()
            self.asked.append(path)
            body = self.files.get(path)
            status = 404 if body is None and self.status == 200 else self.status
            head = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            secured.sendall(head % (_FIRST_LINES[status], len(body or b"")) + (body or b""))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, issuer: x509.Name
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
    )


def _authority(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    depth: int,
) -> x509.Certificate:
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        _builder(subject, key.public_key(), issuer)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_issued_by(issuer_key), critical=False)
        .sign(issuer_key, SHA256())
    )


def _issued_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
