"""Signed envelopes, Timestamps and digests, checked by a service on its own."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from patchbay.calls import Bearer
from patchbay.environment import Environment
from patchbay.errors import ConfigurationError, SoapFault
from patchbay.upstreams import UsernameToken, Wsse, X509Signature
from tests.soap.documents import envelope, fault
from tests.soap.rows import Row, Rows, opened
from tests.soap.security import WrongError, check_digest, check_signature, check_time
from tests.soap.service import Answer, Asked, Service, answered, row

CA = trustme.CA()
VALUES = {"USER": "user", "PASSWORD": "hunter2"}
Check = Callable[[bytes], object]


def issued(key_type: trustme.KeyType = trustme.KeyType.RSA) -> dict[str, str]:
    leaf = CA.issue_cert("client@rows.example", key_type=key_type)
    return {
        "CERT": "".join(blob.bytes().decode() for blob in leaf.cert_chain_pems),
        "KEY": leaf.private_key_pem.bytes().decode(),
    }


RSA, OTHER = issued(), issued()


def checking(service: Service, *checks: Check) -> None:
    """Answer with a row where all checks pass, and else with a fault."""

    def answer(asked: Asked) -> Answer:
        try:
            for check in checks:
                check(asked.body)
        except WrongError as error:
            return Answer(envelope(fault("Failed", text=str(error))), 500)
        return Answer(envelope(answered(row("a"))))

    service.answer = answer


def signed_by(values: dict[str, str], *members: str) -> Check:
    def check(message: bytes) -> None:
        assert check_signature(message, values["CERT"].encode()) == {"Body", *members}

    return check


@pytest.mark.parametrize("key_type", list(trustme.KeyType))
@pytest.mark.parametrize("in_files", [False, True])
async def test_the_service_accepts_the_signature(
    service: Service, key_type: trustme.KeyType, in_files: bool, tmp_path: Path  # noqa: FBT001 - a parameter
) -> None:  # fmt: skip
    values = issued(key_type)
    given = dict(values)
    if in_files:
        for name, value in values.items():
            (tmp_path / name).write_text(value)
            given[name] = str(tmp_path / name)
    checking(service, signed_by(values, "Timestamp"), lambda message: check_time(message, 300))
    async with opened(Rows(credentials=X509Signature("CERT", "KEY")), service.wsdl_url, **given) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]
        assert await rows.by_ids(["a"]) == [Row("a", 1)]


async def test_what_is_tampered_with_is_refused(service: Service) -> None:
    checking(service, signed_by(RSA, "Timestamp"))
    async with opened(Rows(credentials=X509Signature("CERT", "KEY")), service.wsdl_url, **RSA) as rows:
        await rows.by_ids(["a"])
    (asked,) = service.posts
    check_signature(asked.body, RSA["CERT"].encode())
    for pattern, instead in (
        (rb">a</", rb">b</"),
        (rb"<wsu:Expires>2", rb"<wsu:Expires>3"),
        (rb"<SignatureValue>....", rb"<SignatureValue>AAAA"),
        (rb"(<soap-env:Body[^>]*):Id=", rb"\1:OldId="),
    ):
        tampered, times = re.subn(pattern, instead, asked.body)
        assert times == 1
        with pytest.raises(WrongError):
            check_signature(tampered, RSA["CERT"].encode())


async def test_another_certificate_is_refused(service: Service) -> None:
    checking(service, signed_by(RSA, "Timestamp"))
    async with opened(Rows(credentials=X509Signature("CERT", "KEY")), service.wsdl_url, **OTHER) as rows:
        (error,) = await rows.by_ids(["a"])
    assert isinstance(error, SoapFault)
    assert error.fault == "Failed"


@pytest.mark.parametrize("seconds", [None, 1, 300, 3600.0])
async def test_a_username_token_may_have_a_timestamp(service: Service, seconds: float | None) -> None:
    credentials = UsernameToken("USER", "PASSWORD", digest=True, timestamp_seconds=seconds)
    checking(service, lambda message: check_digest(message, **{key.lower(): VALUES[key] for key in VALUES}))
    async with opened(Rows(credentials=credentials), service.wsdl_url, **VALUES) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]
    (asked,) = service.posts
    if seconds is None:
        assert b"Timestamp" not in asked.body
    else:
        check_time(asked.body, seconds)


TOKEN = UsernameToken("USER", "PASSWORD", digest=True, timestamp_seconds=60)
UNTIMED = X509Signature("CERT", "KEY", timestamp_seconds=None)


@pytest.mark.parametrize("credentials", [Wsse(TOKEN, UNTIMED), Wsse(UNTIMED, TOKEN)], ids=["first", "last"])
async def test_both_together_sign_the_timestamp_in_either_order(service: Service, credentials: Wsse) -> None:
    checks: tuple[Check, ...] = (
        signed_by(RSA, "Timestamp"),
        lambda message: check_time(message, 60),
        lambda message: check_digest(message, "user", "hunter2"),
    )
    checking(service, *checks)
    async with opened(Rows(credentials=credentials), service.wsdl_url, **VALUES, **RSA) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]


async def test_two_timestamps_are_one(service: Service) -> None:
    checking(service, signed_by(RSA, "Timestamp"), lambda message: check_time(message, 60))
    credentials = Wsse(TOKEN, X509Signature("CERT", "KEY"))
    async with opened(Rows(credentials=credentials), service.wsdl_url, **VALUES, **RSA) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]


async def test_without_a_timestamp_the_body_is_signed(service: Service) -> None:
    checking(service, signed_by(RSA))
    async with opened(Rows(credentials=UNTIMED), service.wsdl_url, **RSA) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]


async def test_credentials_in_http_go_along(service: Service) -> None:
    checking(service, signed_by(RSA))
    credentials = Wsse(UNTIMED, http=Bearer("PASSWORD"))
    assert [each.name for each in credentials.variables()] == ["CERT", "KEY", "PASSWORD"]
    async with opened(Rows(credentials=credentials), service.wsdl_url, **VALUES, **RSA) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]
    assert {asked.headers["authorization"] for asked in service.asked} == {"Bearer hunter2"}


async def test_each_of_many_calls_at_once_has_its_own(service: Service) -> None:
    nonces: list[str] = []
    service.wait_seconds = 0.02
    checking(
        service,
        signed_by(RSA, "Timestamp"),
        lambda message: check_time(message, 60),
        lambda message: nonces.append(check_digest(message, "user", "hunter2")),
    )
    credentials = Wsse(TOKEN, UNTIMED)
    async with opened(Rows(credentials=credentials), service.wsdl_url, **VALUES, **RSA) as rows:
        found = await asyncio.gather(*(rows.by_ids([f"k{number}"]) for number in range(30)))
    assert not any(isinstance(each, Exception) for (each,) in found)
    assert len(set(nonces)) == len(nonces) == 30
    ids = [each for asked in service.posts for each in re.findall(rb':Id="([^"]+)"', asked.body)]
    assert len(set(ids)) == len(ids) == 90, "of body, Timestamp and certificate"


async def test_the_time_is_that_of_the_call_and_not_of_the_start(service: Service) -> None:
    checking(service)
    async with opened(Rows(credentials=TOKEN), service.wsdl_url, **VALUES) as rows:
        await asyncio.sleep(1.1)
        asked_at = datetime.now(UTC)
        await rows.by_ids(["a"])
    created, _ = check_time(service.posts[0].body, 60)
    assert created > asked_at - timedelta(seconds=1)


PROBLEMS = [
    ({"CERT": "/nowhere/hidden"}, "variable CERT: its file cannot be read: No such file or directory"),
    ({"KEY": "/nowhere/hidden"}, "variable KEY: its file cannot be read: No such file or directory"),
    ({"CERT": "-----BEGIN hidden"}, "variable CERT leads to no certificate in PEM"),
    (
        {"KEY": "-----BEGIN hidden"},
        "variable KEY leads to no private key in PEM, or to one that needs a password",
    ),
    ({"KEY": OTHER["KEY"]}, "variable KEY leads to another key than that of CERT's certificate"),
]


@pytest.mark.parametrize(("wrong", "problem"), PROBLEMS, ids=lambda value: str(value)[:12])
async def test_what_cannot_be_used_stops_the_start(
    service: Service, wrong: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        async with opened(
            Rows(credentials=X509Signature("CERT", "KEY")), service.wsdl_url, **{**RSA, **wrong}
        ):
            pass
    assert str(caught.value) == f"environment {problem}"
    assert service.asked == []


def private(key: Any, password: str | None) -> str:
    encryption: Any = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password.encode())
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return pem.decode()


async def test_a_key_may_have_a_password(service: Service) -> None:
    checking(service, signed_by(RSA, "Timestamp"))
    locked = private(serialization.load_pem_private_key(RSA["KEY"].encode(), None), "hunter2")
    values = {**RSA, "KEY": locked, **VALUES}
    credentials = X509Signature("CERT", "KEY", password="PASSWORD")
    async with opened(Rows(credentials=credentials), service.wsdl_url, **values) as rows:
        assert await rows.by_ids(["a"]) == [Row("a", 1)]
    for kind, changed, problem in (
        (credentials, {"PASSWORD": "wrong"}, "that PASSWORD does not open"),
        (X509Signature("CERT", "KEY"), {}, "that needs a password"),
    ):
        with pytest.raises(ConfigurationError, match=rf"{problem}$"):
            kind.token(Environment({**values, **changed}))


def test_a_key_that_signs_by_no_known_method_is_named() -> None:
    key = private(ed25519.Ed25519PrivateKey.generate(), None)
    with pytest.raises(ConfigurationError, match="variable KEY leads to"):
        X509Signature("CERT", "KEY").token(Environment({**RSA, "KEY": key}))


def test_without_xmlsec_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xmlsec", None)
    with pytest.raises(ConfigurationError, match=r"^X509Signature needs xmlsec: install patchbay\[x509\]$"):
        X509Signature("CERT", "KEY").token(Environment(RSA))


@pytest.mark.parametrize("seconds", [0, -1, 0.5])
@pytest.mark.parametrize("kind", [UsernameToken, X509Signature])
def test_a_timestamp_of_no_time_is_told_where_it_is_declared(
    kind: Callable[..., object], seconds: float
) -> None:
    with pytest.raises(ConfigurationError, match="timestamp_seconds must be at least 1"):
        kind("USER", "PASSWORD", timestamp_seconds=seconds)


@pytest.mark.parametrize("parts", [(), (Bearer("PASSWORD"),), ("USER",)])
def test_parts_of_another_kind_are_told_where_they_are_declared(parts: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError, match="its parts are UsernameToken and X509Signature"):
        Wsse(*parts)
