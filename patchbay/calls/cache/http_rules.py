"""What HTTP says of keeping one answer (RFC 9111, RFC 5861): whether, how long, and how to ask again.

hishel knows the rules. It is asked once for each answer that comes, so that a fresh one costs a look into the
store and nothing else.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from hishel import (
    CacheOptions,
    Entry,
    Headers,
    IdleClient,
    NeedRevalidation,
    NeedToBeUpdated,
    Request,
    Response,
    StoreAndUse,
)
from hishel._core._headers import Vary, parse_cache_control
from hishel._core._spec import get_freshness_lifetime
from hishel._utils import parse_date

from patchbay.calls.cache.shelf import MAX_SECONDS
from patchbay.calls.call import Call, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.calls.cache.http import HttpCache

_STATUSES = frozenset((200, 203, 204, 404, 410))
"""What is kept: data, and the word that there is none. Errors are not, and redirects are not followed."""

_DECIDING = frozenset((
    "cache-control", "pragma", "range", "if-range",
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
))  # fmt: skip
"""Headers by which a call says itself how it wants to be answered."""

_HEADER_BYTES = 120
"""What a header takes in memory beside its text."""


class Answer(msgspec.Struct, frozen=True):
    """A reply, and for how long it is good, in seconds of age.

    Args:
        reply: as it is served.
        fresh_seconds: without asking anybody.
        while_revalidate_seconds: beyond that, while it is asked for anew.
        if_error_seconds: beyond that, where it cannot be had anew.
    """

    reply: Reply
    fresh_seconds: float
    while_revalidate_seconds: float
    if_error_seconds: float

    @property
    def has_validator(self) -> bool:
        """Whether the upstream can be asked if it still holds."""
        return "etag" in self.reply.headers or "last-modified" in self.reply.headers

    @property
    def is_of_use(self) -> bool:
        """Whether keeping it could ever save anything."""
        seconds = self.fresh_seconds + self.while_revalidate_seconds + self.if_error_seconds
        return seconds > 0 or self.has_validator

    def weigh(self) -> int:
        """About how many bytes it takes in memory."""
        headers = self.reply.headers
        texts = sum(len(name) + len(value) for name, value in headers.items())
        return len(self.reply.body) + texts + _HEADER_BYTES * len(headers)


def decides_itself(call: Call) -> bool:
    """Whether the call brings headers that ask for more, or less, than an answer as it may be kept."""
    return call.headers is not None and any(name.lower() in _DECIDING for name in call.headers)


def is_failure(reply: Reply) -> bool:
    """Whether the upstream could not answer, so that an older answer serves better."""
    return reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.TOO_MANY_REQUESTS


def age_seconds(reply: Reply, now: float) -> float:
    """How old a reply is that has just come: by the Age that others tell, or by its Date."""
    told = reply.headers.get("age", "")
    date = parse_date(reply.headers.get("date", ""))
    apparent = 0.0 if date is None else now - date
    return max(0.0, apparent, float(told) if told.isascii() and told.isdigit() else 0.0)


def answer_of(call: Call, reply: Reply, cache: HttpCache, *, shared: bool) -> Answer | None:
    """What is kept of a new reply; None where nothing may be, or nothing is gained.

    An answer with a cookie is one client's own, whatever else it says.
    """
    headers = reply.headers
    if reply.status not in _STATUSES or "set-cookie" in headers or "*" in _vary(headers):
        return None
    state: Any = IdleClient(options=_options(shared=shared)).next(_request(call), [])
    state = state.next(_response(reply))
    if not isinstance(state, StoreAndUse):
        return None
    return _answer(state.response, reply.body, cache, shared=shared)


def validating(call: Call, answer: Answer) -> Call:
    """The call that asks whether this answer still holds; the call itself where there is no way to ask."""
    headers = answer.reply.headers
    conditions = {}
    if "etag" in headers:
        conditions["If-None-Match"] = headers["etag"]
    if "last-modified" in headers:
        conditions["If-Modified-Since"] = headers["last-modified"]
    if not conditions:
        return call
    return msgspec.structs.replace(call, headers={**(call.headers or {}), **conditions})


def freshened(call: Call, answer: Answer, reply: Reply, cache: HttpCache, *, shared: bool) -> Answer | None:
    """The answer with the headers of a 304; None where that is about another one."""
    request = _request(call)
    entry = Entry(uuid.uuid4(), request, _response(answer.reply))
    state: Any = NeedRevalidation(
        options=_options(shared=shared),
        request=request,
        original_request=request,
        revalidating_entries=[entry],
    )
    state = state.next(_response(reply))
    if not isinstance(state, NeedToBeUpdated):
        return None
    return _answer(state.updating_entries[0].response, answer.reply.body, cache, shared=shared)


def _answer(response: Response, body: bytes, cache: HttpCache, *, shared: bool) -> Answer:
    control = parse_cache_control(response.headers.get("cache-control"))
    validates_always = control.no_cache is True
    validates_stale = (
        validates_always
        or control.must_revalidate
        or (shared and (control.proxy_revalidate or control.s_maxage is not None))
    )
    # hishel would guess how long from Last-Modified, up to a week. Here only what is said counts.
    is_said = control.max_age is not None or "expires" in response.headers
    is_said = is_said or (shared and control.s_maxage is not None)
    fresh = get_freshness_lifetime(response, shared) if is_said and not validates_always else None
    while_revalidate = _said(control.stale_while_revalidate, cache.stale_while_revalidate_seconds)
    if_error = _said(control.stale_if_error, cache.stale_if_error_seconds)
    headers = {name: value for name, value in response.headers.items() if name != "age"}
    return Answer(
        Reply(response.status_code, headers, body),
        fresh_seconds=min(max(0.0, fresh or 0.0), MAX_SECONDS),
        while_revalidate_seconds=0.0 if validates_stale else while_revalidate,
        if_error_seconds=0.0 if validates_stale else if_error,
    )


def _said(seconds: int | None, else_seconds: float) -> float:
    return else_seconds if seconds is None else seconds


def _options(*, shared: bool) -> CacheOptions:
    return CacheOptions(shared=shared, supported_methods=["GET"])


def _request(call: Call) -> Request:
    return Request(call.method, call.target, Headers(call.headers or {}))


def _response(reply: Reply) -> Response:
    return Response(reply.status, Headers(reply.headers))


def _vary(headers: Mapping[str, str]) -> list[str]:
    vary = headers.get("vary")
    return [] if vary is None else Vary.from_value(vary).values
