"""A client certificate, shown to a server that asks for one."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Never

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from patchbay.calls import ApiKey, ClientCertificate, ClientCredentials, Opening
from patchbay.environment import Environment
from patchbay.errors import ConfigurationError, UpstreamError, UpstreamUnavailable
from patchbay.upstreams import Rest
from tests.credentials.token_server import TokenServer
from tests.patchbay import calling
from tests.patchbay.wire import Wire, json_reply

PASSWORD = "open sesame"
CLIENT = ClientCertificate("CERT", "KEY", authority="AUTHORITY")


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def client(ca: trustme.CA) -> trustme.LeafCert:
    return ca.issue_cert("client@things.example")


@pytest.fixture
def asking(ca: trustme.CA) -> ssl.SSLContext:
    """A server's context that wants a certificate of the authority's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture
def values(ca: trustme.CA, client: trustme.LeafCert) -> dict[str, str]:
    return {
        "CERT": "".join(blob.bytes().decode() for blob in client.cert_chain_pems),
        "KEY": client.private_key_pem.bytes().decode(),
        "AUTHORITY": ca.cert_pem.bytes().decode(),
    }


def opening_of(values: dict[str, str]) -> Opening:
    def connect(url: str) -> Never:
        raise AssertionError(url)

    return Opening("things", Environment(values), connect)


def encrypted(key: str) -> str:
    loaded = serialization.load_pem_private_key(key.encode(), None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    ).decode()


def written(folder: Path, values: dict[str, str]) -> dict[str, str]:
    """The values in files, and their paths."""
    for name, value in values.items():
        (folder / name).write_text(value)
    return {name: str(folder / name) for name in values}


async def status(wire: Wire, credentials: ClientCertificate | None, **values: str) -> int:
    rest = Rest("things", base_url="URL", credentials=credentials, retry=None)
    async with calling.opened(rest, URL=wire.url, **values):
        return (await rest.send(calling.GET)).status


@pytest.mark.parametrize("in_files", [False, True])
async def test_the_server_gets_the_certificate(
    asking: ssl.SSLContext, values: dict[str, str], in_files: bool, tmp_path: Path  # noqa: FBT001 - a parameter
) -> None:  # fmt: skip
    values = written(tmp_path, values) if in_files else values
    async with Wire(json_reply({}), asking) as wire:
        assert await status(wire, CLIENT, **values) == 200


async def test_without_it_the_server_refuses(
    asking: ssl.SSLContext, values: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", written(tmp_path, values)["AUTHORITY"])
    async with Wire(json_reply({}), asking) as wire:
        with pytest.raises(UpstreamUnavailable):
            await status(wire, None)
        other = trustme.CA().issue_cert("client@things.example")
        foreign = {
            "CERT": other.cert_chain_pems[0].bytes().decode(),
            "KEY": other.private_key_pem.bytes().decode(),
        }
        with pytest.raises(UpstreamUnavailable):
            await status(wire, CLIENT, **{**values, **foreign})
        assert wire.requests == []


async def test_only_the_declared_authority_is_trusted(
    asking: ssl.SSLContext, values: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = ClientCertificate("CERT", "KEY")
    async with Wire(json_reply({}), asking) as wire:
        with pytest.raises(UpstreamError, match="TLS failed"):
            await status(wire, usual, **values)
        monkeypatch.setenv("SSL_CERT_FILE", written(tmp_path, values)["AUTHORITY"])
        assert await status(wire, usual, **values) == 200
        other = trustme.CA().cert_pem.bytes().decode()
        with pytest.raises(UpstreamError, match="TLS failed"):
            await status(wire, CLIENT, **{**values, "AUTHORITY": other})


async def test_a_certificate_for_another_host_is_not_taken(ca: trustme.CA, values: dict[str, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("other.example").configure_cert(context)
    async with Wire(json_reply({}), context) as wire:
        with pytest.raises(UpstreamError, match="TLS failed"):
            await status(wire, CLIENT, **values)


@pytest.mark.parametrize("in_files", [False, True])
async def test_a_key_may_have_a_password(
    asking: ssl.SSLContext, values: dict[str, str], in_files: bool, tmp_path: Path  # noqa: FBT001 - a parameter
) -> None:  # fmt: skip
    values["KEY"] = encrypted(values["KEY"])
    values = written(tmp_path, values) if in_files else values
    locked = ClientCertificate("CERT", "KEY", password="PASSWORD", authority="AUTHORITY")
    async with Wire(json_reply({}), asking) as wire:
        assert await status(wire, locked, PASSWORD=PASSWORD, **values) == 200
        with pytest.raises(
            ConfigurationError, match=r"variable KEY .* or to one that is not opened by PASSWORD$"
        ):
            await status(wire, locked, PASSWORD="wrong", **values)
        # Without a password nothing waits at a terminal for one.
        with pytest.raises(ConfigurationError, match=r"variable KEY .* or to one that needs a password$"):
            await status(wire, CLIENT, **values)


async def test_other_credentials_go_along(asking: ssl.SSLContext, values: dict[str, str]) -> None:
    both = ClientCertificate("CERT", "KEY", authority="AUTHORITY", credentials=ApiKey("API_KEY"))
    assert [each.name for each in both.variables()] == ["CERT", "KEY", "AUTHORITY", "API_KEY"]
    async with Wire(json_reply({}), asking) as wire:
        assert await status(wire, both, API_KEY="abc", **values) == 200
        assert wire.requests[0].headers["x-api-key"] == "abc"


async def test_signers_go_along(server: TokenServer, asking: ssl.SSLContext, values: dict[str, str]) -> None:
    oauth = ClientCredentials("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
    both = ClientCertificate("CERT", "KEY", authority="AUTHORITY", credentials=oauth)
    async with Wire(json_reply({}), asking) as wire:
        assert await status(wire, both, **values, **server.variables) == 200
        assert wire.requests[0].headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("CERT", "/nowhere/hidden.pem", "variable CERT: its file cannot be read: No such file or directory"),
        ("KEY", "/nowhere/hidden.pem", "variable KEY: its file cannot be read: No such file or directory"),
        ("KEY", "hidden\0", "variable KEY: its file cannot be read: not a path"),
        ("KEY", "/", "variable KEY: its file cannot be read: Is a directory"),
        ("CERT", "-----BEGIN CERTIFICATE-----\nhidden\n", "variable CERT leads to no certificate in PEM"),
        (
            "AUTHORITY",
            "-----BEGIN CERTIFICATE-----\nhidden",
            "variable AUTHORITY leads to no certificate in PEM",
        ),
        ("KEY", "-----BEGIN PRIVATE KEY-----\nhidden\n", "variable KEY leads to no private key in PEM"),
        ("KEY", "-----BEGIN PRIVATE KEY-----\nhiddenéü", "variable KEY leads to no private key in PEM"),
    ],
)
def test_what_cannot_be_used_is_named(values: dict[str, str], name: str, value: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CLIENT.open(opening_of({**values, name: value}))
    assert problem in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_key_of_another_certificate_is_named(ca: trustme.CA, values: dict[str, str]) -> None:
    other = ca.issue_cert("other@things.example").private_key_pem.bytes().decode()
    with pytest.raises(ConfigurationError, match=r"variable KEY leads to the key of another certificate$"):
        CLIENT.open(opening_of({**values, "KEY": other}))


def test_a_key_in_the_environment_leaves_nothing_on_a_disk(
    values: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delattr(os, "memfd_create", raising=False)
    modes = []
    load = ssl.SSLContext.load_cert_chain

    def noted(self: ssl.SSLContext, certificate: str, key: str, password: Callable[[], str]) -> None:
        modes.append([Path(path).stat().st_mode & 0o777 for path in (certificate, key)])
        load(self, certificate, key, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", noted)
    assert CLIENT.open(opening_of(values)).tls is not None
    assert modes == [[0o600, 0o600]]
    assert list(tmp_path.iterdir()) == []


def open_files() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_where_there_are_files_in_memory_no_disk_is_used(
    values: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    before = open_files()
    assert CLIENT.open(opening_of(values)).tls is not None
    assert open_files() == before
