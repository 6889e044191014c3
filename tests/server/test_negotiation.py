"""Which media type a client gets, by its Accept header."""

from __future__ import annotations

import time

import pytest

from patchbay.server.transports.negotiation import (
    EVENTS,
    GRAPHQL_JSON,
    HTML,
    JSON,
    MULTIPART,
    MULTIPART_2022,
    MULTIPART_UPDATES,
    MULTIPART_V0_2,
    ONE_RESULT,
    PARTS,
    UPDATES,
    best,
    best_named,
)

ALL = (JSON, GRAPHQL_JSON, EVENTS, MULTIPART, HTML)

APOLLO = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
APOLLO_UPDATES = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,"
    "application/graphql-response+json,application/json;q=0.9"
)
APOLLO_V0_2 = "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, JSON),
        ("", JSON),
        ("  ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ("application/json; odata=verbose", JSON),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL_JSON),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_JSON),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL_JSON),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.1, */*;q=0.5", GRAPHQL_JSON),
        ("*/*, application/graphql-response+json", GRAPHQL_JSON),
        ("application/json;q=0, */*", GRAPHQL_JSON),
        ("text/event-stream, application/json;q=0", EVENTS),
        ("text/*", EVENTS),
        ("text/event-stream;q=0.5, multipart/mixed;q=0.6", MULTIPART),
        (URQL, GRAPHQL_JSON),
        (BROWSER, HTML),
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=0, application/graphql-response+json; q=0.000", None),
        # What cannot be read is passed over.
        (",,;;,/,a/,/b,*/json, application/json", JSON),
        ("application/json;q=x, text/html", HTML),
        ("application/json;q=-1, text/html", HTML),
        ("application/json;q=nan, text/html", HTML),
        ("application/json;q=1.5, text/html", HTML),
        ("application/json;q=٣, text/html", HTML),
        ("json", None),
        ('text/plain;x="a, application/json", text/html', HTML),
        ('text/plain;x="a\\", application/json', None),
    ],
)
def test_the_client_s_preference_counts(accept: str | None, wanted: str | None) -> None:
    assert best(accept, ALL) == wanted


@pytest.mark.parametrize(
    ("accept", "one", "parts", "updates"),
    [
        (APOLLO, GRAPHQL_JSON, MULTIPART_2022, None),
        (None, JSON, None, None),
        ("*/*", JSON, None, None),
        ("text/*, multipart/*", None, None, None),
        ("application/json, text/event-stream;q=0.9", JSON, None, EVENTS),
        ("application/json;q=0.9, text/event-stream", JSON, EVENTS, EVENTS),
        (APOLLO_V0_2, GRAPHQL_JSON, MULTIPART_V0_2, None),
        (APOLLO_UPDATES, GRAPHQL_JSON, None, MULTIPART_UPDATES),
        (URQL, GRAPHQL_JSON, EVENTS, EVENTS),
        ("multipart/mixed", None, MULTIPART, None),
        ('multipart/mixed; boundary="-"', None, MULTIPART, None),
        ('multipart/mixed;subscriptionSpec="1.0", application/json', JSON, None, MULTIPART_UPDATES),
        ("text/event-stream, multipart/mixed", None, EVENTS, EVENTS),
        ("application/json", JSON, None, None),
        ("multipart/mixed;deferSpec=20990101, application/json", JSON, None, None),
    ],
)
def test_front_ends_get_the_form_that_they_name(
    accept: str | None, one: str | None, parts: str | None, updates: str | None
) -> None:
    assert best(accept, ONE_RESULT) == one
    assert best_named(accept, PARTS, over=ONE_RESULT) == parts
    assert best_named(accept, UPDATES) == updates


@pytest.mark.parametrize(
    "accept", ['"\\' * 50_000, "a/b," * 50_000, ";" * 100_000, "a/b;q=" + "1" * 100_000, '"' * 99_999]
)
def test_a_long_header_costs_next_to_nothing(accept: str) -> None:
    started = time.perf_counter()
    assert best(accept, ALL) is None
    assert time.perf_counter() - started < 0.05
