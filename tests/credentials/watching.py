"""Canaries for secrets, and a watch for all that comes to sight of them."""

from __future__ import annotations

import asyncio
import base64
import ssl
import traceback
from typing import Any

import trustme
from cryptography.hazmat.primitives import serialization

from patchbay.calls.connection import Connection
from patchbay.calls.request import RequestWriter
from patchbay.environment import Environment, Secret

CANARY = "canary7f3a9b1c2d"


def encoded_forms(secret: str) -> set[str]:
    """The secret as it is, and as it shows inside of base64, wherever it begins there."""
    forms = {secret}
    for before in range(3):
        text = base64.b64encode(b"x" * before + secret.encode()).decode()
        forms.add(text[4 if before else 0 : len(text) // 4 * 4 - 8])
    return forms


FORMS = encoded_forms(CANARY)


class Pems:
    """A certificate with a key that needs a password; one line of the key is as good as a canary."""

    def __init__(self) -> None:
        ca = trustme.CA()
        leaf = ca.issue_cert("client@things.example", key_type=trustme.KeyType.RSA)
        key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(CANARY.encode()),
        ).decode()
        self.line = pem.splitlines()[3]
        self.values = {
            "CERT": leaf.cert_chain_pems[0].bytes().decode(),
            "KEY": pem,
            "PASSWORD": CANARY,
            "AUTHORITY": ca.cert_pem.bytes().decode(),
        }
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1").configure_cert(self.server)


PEMS = Pems()


class Watch:
    """Everything that came to sight."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def thing(self, thing: Any) -> None:
        """All that printing it shows, and printing what it holds, and so on."""
        self._walk(thing, set())

    def _walk(self, thing: Any, known: set[int]) -> None:
        if id(thing) in known:
            return
        known.add(id(thing))
        self.seen += [repr(thing), str(thing), f"{thing}", f"{thing!a}"]
        # What these are for is to hold secrets, what is sent and what came; themselves they show nothing.
        if isinstance(thing, Environment | Secret | RequestWriter | Connection):
            return
        if isinstance(thing, dict):
            inner = [*thing, *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            inner = list(thing)
        elif type(thing).__module__.startswith(("patchbay.", "asyncio.", "_asyncio")):
            slots = [slot for each in type(thing).__mro__ for slot in getattr(each, "__slots__", ())]
            inner = [getattr(thing, slot, None) for slot in slots]
            inner += getattr(thing, "__dict__", {}).values()
        else:
            return
        for each in inner:
            self._walk(each, known)

    def error(self, error: BaseException) -> None:
        """All that a log or a client could make of it."""
        self.seen += traceback.format_exception(error)
        cause: BaseException | None = error
        while cause is not None:
            self.seen += [repr(cause), str(cause), repr(cause.args), repr(vars(cause))]
            self.seen.append(repr(getattr(cause, "extensions", "")))
            cause = cause.__cause__

    def hits(self, *more: str) -> list[str]:
        """Where a secret shows, in what was seen and in these texts."""
        forms = {*FORMS, PEMS.line}
        return [text[:2000] for text in (*self.seen, *more) if any(form in text for form in forms)]


def talkative() -> None:
    """Make the event loop log each of its steps."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0
