"""Twilio."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import msgspec

from patchbay.environment import Variable
from patchbay.inbox.signatures import checks
from patchbay.inbox.signatures.base import SignatureError, Verified
from patchbay.inbox.signatures.keys import KeyedScheme
from patchbay.inbox.signatures.members import read_members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.inbox.signatures.base import Delivered, Opening

_FORM = "application/x-www-form-urlencoded"
_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_SETTINGS = "x-twilio-webhooks-signature-settings"
_HASH = "bodySHA256="
_MAX_PARAMETERS = 1000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*", re.ASCII)
"""Names and values are signed run together: with any other name, a URL's query could be passed off as one."""


class TwilioSignature(KeyedScheme):
    """Twilio's scheme: `X-Twilio-Signature: <base64 HMAC of URL and form>`, with the auth token and SHA-1, or
    with a shared key and what X-Twilio-Webhooks-Signature-Settings says.

    Of a form, the URL and each name and value behind it are signed, in the order of names. Handlers get it as
    a JSON object: text, or a sorted list of the different texts of a name that comes several times, which is
    all that is signed of them. Of JSON, the URL is signed with the body's hash in its query, as `bodySHA256`.

    The event id is the header I-Twilio-Idempotency-Token, which is not signed, else the hash of what handlers
    get; the event's type is `EventType`. No time is signed.

    Args:
        variable: the environment variable with the auth token; several, separated by commas, while one is
            being replaced by another.
        url: the environment variable with the address that Twilio was given, in full: behind a proxy, a
            server does not know it.
    """

    signs_id = False

    def __init__(self, variable: str, *, url: str) -> None:
        super().__init__(Variable(variable, "auth token that Twilio signs with"))
        self._variable = Variable(url, "address that Twilio delivers to, as Twilio was given it")
        self._urls: tuple[str, ...] = ()

    def variables(self) -> Sequence[Variable]:
        """See Signature."""
        return (*super().variables(), self._variable)

    def open(self, opening: Opening) -> None:
        """See Signature."""
        super().open(opening)
        self._urls = _spellings(opening.environment.url(self._variable.name))

    async def verify(self, delivered: Delivered) -> Verified:
        """See Signature."""
        offered = checks.unbase64(checks.header(delivered, "x-twilio-signature"))
        algorithm = _algorithm(checks.optional_header(delivered, _SETTINGS))
        token = checks.optional_header(delivered, "i-twilio-idempotency-token")
        kind = delivered.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _FORM:
            form = _form(delivered.body)
            self._require_signature(self._urls, _run_together(form), offered, algorithm)
            body = msgspec.json.encode(
                {name: texts[0] if len(texts) == 1 else texts for name, texts in form.items()}
            )
        else:
            urls = [_with_query(url, delivered.query) for url in self._urls]
            self._require_signature(urls, "", offered, algorithm)
            _require_hash(delivered)
            body = delivered.body
        members = await read_members(body)
        return Verified(
            checks.content_id(body) if token is None else checks.event_id(token, "the idempotency token"),
            body,
            checks.event_type(members.text("EventType")),
        )

    def _require_signature(self, urls: Sequence[str], behind: str, offered: bytes, algorithm: str) -> None:
        expected = (
            digest for url in urls for digest in self._keys.digests((url + behind).encode(), algorithm)
        )
        checks.require_match(expected, [offered])


def _spellings(url: str) -> tuple[str, ...]:
    """The address as given, with its port and without: Twilio signs sometimes one and sometimes the other."""
    parts = urlsplit(url)
    if parts.port:
        other = parts.netloc.rpartition(":")[0]
    else:
        other = f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    return (url, parts._replace(netloc=other).geturl())


def _algorithm(settings: str | None) -> str:
    entries = (entry.partition("=") for entry in (settings or "").split(","))
    named = [value.strip() for name, _, value in entries if name.strip() == "algorithm"]
    algorithm = _ALGORITHMS.get(named[0].upper() if named else "HMAC_SHA1")
    if algorithm is None:
        raise SignatureError("malformed", f"header {_SETTINGS} names an unknown algorithm")
    return algorithm


def _form(body: bytes) -> dict[str, list[str]]:
    """Name -> its different texts, both in order."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except ValueError as error:
        raise SignatureError("malformed", "the body is not a form") from error
    if not pairs or not all(_NAME.fullmatch(name) for name, _ in pairs):
        raise SignatureError("malformed", "the form is empty, or has names that Twilio does not use")
    form: dict[str, set[str]] = {}
    for name, text in pairs:
        form.setdefault(name, set()).add(text)
    return {name: sorted(form[name]) for name in sorted(form)}


def _run_together(form: Mapping[str, Sequence[str]]) -> str:
    return "".join(name + text for name, texts in form.items() for text in texts)


def _with_query(url: str, query: str) -> str:
    """The declared address with the query that came, which may differ by the hash. Raises SignatureError."""
    bare, _, declared = url.partition("?")
    entries = query.split("&")
    hashes = [entry for entry in entries if entry.startswith(_HASH)]
    if len(hashes) != 1:
        raise SignatureError("malformed", "the body is neither a form nor JSON whose hash is in the address")
    entries.remove(hashes[0])
    if "&".join(entries) != declared:
        raise SignatureError("malformed", "the address is not the one that was declared")
    return f"{bare}?{query}"


def _require_hash(delivered: Delivered) -> None:
    (entry,) = (entry for entry in delivered.query.split("&") if entry.startswith(_HASH))
    offered = entry.removeprefix(_HASH).lower().encode()
    if not hmac.compare_digest(offered, hashlib.sha256(delivered.body).hexdigest().encode()):
        checks.refuse()
