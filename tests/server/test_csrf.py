"""What a foreign page could have made a browser send, and what it could not."""

from __future__ import annotations

import pytest

from patchbay.server.csrf import (
    ADVICE,
    CONTENT_TYPE_ADVICE,
    FORM_ADVICE,
    PREFLIGHT_HEADERS,
    SOCKET_ADVICE,
    TWO_CONTENT_TYPES,
    CsrfGuard,
    is_json,
)

CHROMIUM = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/146.0.0.0 Safari/537.36")
GRAPHQL_JSON = ("accept", "application/graphql-response+json, application/json;q=0.9")
OURS = "https://app.example.com"


def headers(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    """As ASGI has them."""
    return [(name.encode(), value.encode()) for name, value in pairs]


def browser(site: str, *more: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    """What a browser sends with a GET to https, or to this machine."""
    return headers(
        CHROMIUM, ("accept", "*/*"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-site", site), *more
    )


@pytest.fixture
def guard() -> CsrfGuard:
    return CsrfGuard([OURS])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "", "something new"])
def test_what_a_foreign_page_asks_for_is_refused(guard: CsrfGuard, site: str, method: str) -> None:
    assert guard.refuses(method, browser(site)) == ADVICE
    assert guard.refuses(method, browser(site, GRAPHQL_JSON)) == ADVICE


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_page_and_the_browser_s_user_may_ask(guard: CsrfGuard, site: str) -> None:
    assert guard.refuses("GET", browser(site)) is None


def test_two_sites_are_not_ours(guard: CsrfGuard) -> None:
    assert guard.refuses("GET", browser("same-origin", ("sec-fetch-site", "cross-site"))) == ADVICE


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("name", PREFLIGHT_HEADERS)
def test_a_header_that_needed_a_preflight_has_had_it(guard: CsrfGuard, name: str, site: str) -> None:
    assert guard.refuses("GET", browser(site, (name, ""))) is None


@pytest.mark.parametrize(
    "header",
    [("authorization", "Bearer abc"), ("authorization", "bearer abc"), ("content-type", "application/json")],
)
def test_headers_that_only_scripts_send_had_a_preflight(guard: CsrfGuard, header: tuple[str, str]) -> None:
    assert guard.refuses("GET", browser("cross-site", header)) is None


@pytest.mark.parametrize(
    "header",
    [
        ("authorization", "Basic dTpw"),
        ("authorization", "Negotiate YII"),
        ("authorization", "Digest username=u"),
        ("authorization", "Bearer"),
        ("content-type", "text/plain"),
        ("content-type", "text/plain; application/json"),
        ("content-type", "multipart/form-data; boundary=application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", "session=1"),
        ("accept-language", "application/json"),
        ("x-requested-by", "me"),
    ],
)
def test_what_browsers_add_by_themselves_proves_nothing(guard: CsrfGuard, header: tuple[str, str]) -> None:
    assert guard.refuses("GET", browser("cross-site", header)) == ADVICE
    assert guard.refuses("GET", headers(CHROMIUM, header)) == ADVICE


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "text/event-stream", ""])
def test_who_says_nothing_of_where_it_comes_from_is_refused(guard: CsrfGuard, accept: str) -> None:
    assert guard.refuses("GET", headers(("accept", accept), ("user-agent", "curl/8"))) == ADVICE
    assert guard.refuses("GET", headers()) == ADVICE


def test_graphql_s_own_accept_is_enough_of_what_is_no_browser(guard: CsrfGuard) -> None:
    assert guard.refuses("GET", headers(GRAPHQL_JSON)) is None
    assert guard.refuses("GET", headers(GRAPHQL_JSON, ("user-agent", "curl/8"))) is None


def test_a_browser_without_sec_fetch_site_gets_no_further_by_its_accept(guard: CsrfGuard) -> None:
    # fetch(url, {mode: "no-cors", headers: {accept: ...}}) from a foreign page, to http on another machine.
    assert guard.refuses("GET", headers(GRAPHQL_JSON, CHROMIUM)) == ADVICE


def test_node_s_fetch_is_no_browser(guard: CsrfGuard) -> None:
    sent = headers(("accept", "*/*"), ("sec-fetch-mode", "cors"), ("user-agent", "node"))
    assert guard.refuses("GET", sent) is None


def test_pages_of_named_origins_are_as_good_as_ours(guard: CsrfGuard) -> None:
    assert guard.refuses("GET", browser("cross-site", ("origin", OURS))) is None
    for origin in ("https://evil.example", "null", f"{OURS}.evil.example", "http://app.example.com"):
        assert guard.refuses("GET", browser("cross-site", ("origin", origin))) == ADVICE
    both = browser("cross-site", ("origin", OURS), ("origin", "https://evil.example"))
    assert guard.refuses("GET", both) == ADVICE


def test_origins_are_compared_as_browsers_write_them() -> None:
    guard = CsrfGuard(["HTTPS://App.Example.com:443"])
    assert guard.refuses("GET", browser("cross-site", ("origin", OURS))) is None
    assert guard.refuses_socket(headers(("host", "graph.example.com"), ("origin", OURS))) is None


def test_where_every_origin_may_ask_any_page_with_an_origin_is_ours() -> None:
    guard = CsrfGuard(["*"])
    assert guard.refuses("GET", browser("cross-site", ("origin", "https://any.example"))) is None
    assert guard.refuses("GET", browser("cross-site")) == ADVICE


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json ; charset=utf-8",
        " application/json",
    ],
)
def test_json_is_taken_from_anywhere(guard: CsrfGuard, content_type: str) -> None:
    # A page of another origin has been asked about it already: see the preflight in test_cors.
    assert guard.refuses("POST", browser("cross-site", ("content-type", content_type))) is None


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "text/plain; application/json",
        "text/plain, application/json",
        "application/json, text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json+x",
        "application/graphql-response+json",
        "application/graphql",
        "text/json",
        "json",
        "",
        ";application/json",
    ],
)
def test_no_other_body_is_taken(guard: CsrfGuard, content_type: str) -> None:
    assert guard.refuses("POST", headers(("content-type", content_type))) == CONTENT_TYPE_ADVICE
    assert not is_json(content_type.encode())


def test_a_body_without_a_type_or_with_two_is_not_taken(guard: CsrfGuard) -> None:
    json = ("content-type", "application/json")
    assert guard.refuses("POST", headers(("x-requested-with", "x"))) == CONTENT_TYPE_ADVICE
    assert guard.refuses("POST", headers(json, json)) == TWO_CONTENT_TYPES
    assert guard.refuses("POST", headers(json, ("content-type", "text/plain"))) == TWO_CONTENT_TYPES


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_methods_that_need_a_preflight_are_left_alone(guard: CsrfGuard, method: str) -> None:
    assert guard.refuses(method, browser("cross-site")) is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://localhost:8000", "LOCALHOST:8000"),
        ("https://graph.example.com", "graph.example.com"),
        ("https://graph.example.com", "graph.example.com:443"),
        ("http://graph.example.com", "graph.example.com:80"),
        ("http://[::1]:8000", "[::1]:8000"),
        (OURS, "graph.example.com"),
    ],
)
def test_sockets_of_our_pages_are_opened(guard: CsrfGuard, origin: str, host: str) -> None:
    assert guard.refuses_socket(headers(("host", host), ("origin", origin))) is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "127.0.0.1:8000"),
        ("http://127.0.0.1:9000", "127.0.0.1:8000"),
        ("http://localhost:8000", "127.0.0.1:8000"),
        ("https://graph.example.com.evil.example", "graph.example.com"),
        ("https://evil.example/graph.example.com", "graph.example.com"),
        ("https://graph.example.com", "graph.example.com:80"),
        ("null", "127.0.0.1:8000"),
        ("", "127.0.0.1:8000"),
        ("://", ""),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
    ],
)
def test_sockets_of_foreign_pages_are_not(guard: CsrfGuard, origin: str, host: str) -> None:
    assert guard.refuses_socket(headers(("host", host), ("origin", origin))) == SOCKET_ADVICE


def test_sockets_that_no_browser_opens_have_no_origin(guard: CsrfGuard) -> None:
    assert guard.refuses_socket(headers(("host", "127.0.0.1:8000"))) is None


def test_a_socket_with_two_origins_or_hosts_is_not_opened(guard: CsrfGuard) -> None:
    host, own = ("host", "a.example"), ("origin", "https://a.example")
    evil = ("origin", "https://evil.example")
    assert guard.refuses_socket(headers(host, own, evil)) == SOCKET_ADVICE
    assert guard.refuses_socket(headers(host, ("host", "b.example"), own)) == SOCKET_ADVICE
    assert guard.refuses_socket(headers(own)) == SOCKET_ADVICE


def test_any_page_opens_sockets_where_every_origin_may_ask() -> None:
    sent = headers(("host", "graph.example.com"), ("origin", "https://any.example"))
    assert CsrfGuard(["*"]).refuses_socket(sent) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_needs_what_a_get_needs(guard: CsrfGuard, site: str) -> None:
    form = ("content-type", "multipart/form-data; boundary=b")
    assert guard.refuses_form(browser(site, form)) == FORM_ADVICE
    assert guard.refuses_form(headers(CHROMIUM, form)) == FORM_ADVICE
    assert guard.refuses_form(browser(site, form, ("origin", "https://evil.example.com"))) == FORM_ADVICE
    for proof in (
        *((name, "") for name in PREFLIGHT_HEADERS),
        ("origin", OURS),
        ("authorization", "Bearer x"),
    ):
        assert guard.refuses_form(browser(site, form, proof)) is None
    assert guard.refuses_form(browser("same-origin", form)) is None
