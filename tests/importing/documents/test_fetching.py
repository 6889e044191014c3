"""Descriptions by URL, from a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from patchbay.calls import ApiKey, CallPolicy, Egress, Limits
from patchbay.errors import ConfigurationError, UpstreamError, UpstreamForbidden, UpstreamUnavailable
from patchbay.importing.documents import DescriptionError, Documents, UnresolvedRef, open_documents
from patchbay.importing.documents.fetching import FETCH_POLICY, Fetching, in_thread
from tests.importing.documents.descriptions import MINIMAL
from tests.patchbay.calling import CANARY, runtime

KEY = ApiKey("KEY", header="X-Key")


class Site(ThreadingHTTPServer):
    """Answers with what it is told to, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.was_asked = threading.Event()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.server.was_asked.set()
        page = self.server.pages.get(self.path, 404)
        if page == "wait":
            self.server.released.wait(10)
        if isinstance(page, int):
            self._send(page, b"secret body", {})
        elif isinstance(page, tuple):
            self._send(302, b"", {"Location": page[0]})
        else:
            content = page if isinstance(page, bytes) else json.dumps(page).encode()
            self._send(200, content, {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


async def loaded(url: str, **options: Any) -> Documents:
    return await in_thread(
        "shop", url, lambda fetch: open_documents(url, fetch), runtime=runtime(KEY=CANARY), **options
    )


async def refused(url: str, **options: Any) -> str:
    with pytest.raises(DescriptionError) as caught:
        await loaded(url, **options)
    return str(caught.value)


async def test_a_url_and_what_it_refers_to_are_fetched_once_each(site: Site) -> None:
    refs = {"$ref": "schemas/pet.yaml#/Pet"}
    site.pages["/v1/api.json?key=1"] = {**MINIMAL, "components": {"schemas": {"Pet": refs}}}
    site.pages["/v1/schemas/pet.yaml"] = b"Pet: {$ref: '../other.json'}"
    site.pages["/v1/other.json"] = {"type": "object"}
    url = f"{site.url}/v1/api.json?key=1#top"

    def work(fetch: Any) -> tuple[Documents, Any]:
        documents = open_documents(url, fetch)
        pet = documents.root["components"]["schemas"]["Pet"]
        documents.resolve(pet, documents.at)
        found, at = documents.resolve(pet, documents.at)
        assert at.file == f"{site.url}/v1/other.json"
        return documents, found

    documents, found = await in_thread("shop", url, work, runtime=runtime())
    assert found == {"type": "object"}
    assert [path for path, _ in site.asked] == [
        "/v1/api.json?key=1",
        "/v1/schemas/pet.yaml",
        "/v1/other.json",
    ]
    assert documents.at.file == f"{site.url}/v1/api.json"
    assert list(documents.files)[1] == f"{site.url}/v1/schemas/pet.yaml"


async def test_credentials_go_with_each_fetch_and_into_no_message(site: Site) -> None:
    site.pages[f"/api.json?token={CANARY}"] = 403
    told = await refused(f"{site.url}/api.json?token={CANARY}", credentials=KEY)
    assert told == f"{site.url}/api.json: cannot be fetched (shop: refused the call (HTTP 403))"
    site.pages[f"/api.json?token={CANARY}"] = MINIMAL
    await loaded(f"{site.url}/api.json?token={CANARY}", credentials=KEY)
    assert {headers["x-key"] for _, headers in site.asked} == {CANARY}
    with pytest.raises(ConfigurationError, match="MISSING"):
        await loaded(f"{site.url}/api.json", credentials=ApiKey("MISSING"))


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (404, "cannot be fetched (shop: refused the call (HTTP 404))"),
        (401, "cannot be fetched (shop: refused the call (HTTP 401))"),
        (b"<!doctype html><html>", "is no OpenAPI document; it seems to be an HTML page"),
        (b"", "is empty"),
        (("http://example.com/api.json",), "redirects to where it may not lead"),
        (("https://127.0.0.1/api.json",), "redirects to where it may not lead"),
        (("file:///etc/passwd",), "redirects to where it may not lead"),
    ],
)
async def test_what_cannot_be_had_is_told_with_its_reason(site: Site, page: Any, told: str) -> None:
    site.pages["/api.json"] = page
    message = await refused(f"{site.url}/api.json")
    assert message.startswith(f"{site.url}/api.json: ")
    assert told in message
    assert "secret body" not in message


async def test_a_redirect_within_the_origin_is_followed(site: Site) -> None:
    site.pages["/api.json"] = ("/v2/api.json",)
    site.pages["/v2/api.json"] = MINIMAL
    assert (await loaded(f"{site.url}/api.json")).version == "3.0"


async def test_a_huge_body_is_cut_off(site: Site) -> None:
    site.pages["/api.json"] = b" " * 2_000_000
    policy = CallPolicy(limits=Limits(max_body_bytes=1_000_000), egress=FETCH_POLICY.egress)
    assert "the answer is larger than 1000000 bytes" in await refused(f"{site.url}/api.json", policy=policy)


async def test_references_stay_at_the_origin(site: Site) -> None:
    site.pages["/api.json"] = MINIMAL

    def work(fetch: Any) -> list[str]:
        documents = open_documents(f"{site.url}/api.json", fetch)
        told = []
        for ref in ("http://example.com/x", "https://127.0.0.1/x", "//evil.example/x", "file:///etc/passwd",
                    "http://[", "gone.json"):  # fmt: skip
            with pytest.raises(UnresolvedRef) as caught:
                documents.resolve({"$ref": ref}, documents.at)
            told.append(caught.value.problem)
        return told

    told = await in_thread("shop", f"{site.url}/api.json", work, runtime=runtime())
    assert told[:3] == ["leads to another host than the document's own"] * 3
    assert told[3:5] == ["is no address"] * 2
    assert told[5].endswith("gone.json, which cannot be fetched (shop: refused the call (HTTP 404))")
    assert [path for path, _ in site.asked] == ["/api.json", "/gone.json"]


async def test_the_guard_of_every_call_holds_for_descriptions() -> None:
    told = await refused("http://169.254.169.254/latest/api.json")
    assert "leads to where it may not be" in told or "may not" in told


async def test_the_event_loop_goes_on_while_a_document_is_parsed_and_waited_for(site: Site) -> None:
    site.pages["/api.json"] = "wait"
    loading = asyncio.ensure_future(loaded(f"{site.url}/api.json"))
    slowest = 0.0
    while not site.was_asked.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        slowest = max(slowest, time.perf_counter() - before)
    site.released.set()
    with pytest.raises(DescriptionError):
        await loading
    assert slowest < 0.2


async def test_cancelling_ends_the_fetch_and_the_thread(site: Site) -> None:
    site.pages["/api.json"] = "wait"
    loading = asyncio.ensure_future(loaded(f"{site.url}/api.json"))
    await asyncio.to_thread(site.was_asked.wait, 10)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    for _ in range(200):
        if not any(thread.name.startswith("import-shop") for thread in threading.enumerate()):
            break
        await asyncio.sleep(0.01)
    assert not any(thread.name.startswith("import-shop") for thread in threading.enumerate())


async def test_all_fetches_together_have_an_end(site: Site) -> None:
    site.pages["/api.json"] = MINIMAL
    fetching = Fetching("shop", f"{site.url}/api.json", max_seconds=-1)
    fetching.open(runtime())
    with pytest.raises(UpstreamError, match="no answer within"):
        await asyncio.to_thread(fetching.fetch, f"{site.url}/api.json")
    await fetching.close()
    with pytest.raises(UpstreamUnavailable, match="no longer being loaded"):
        await asyncio.to_thread(fetching.fetch, f"{site.url}/api.json")
    assert site.asked == []


async def test_other_origins_are_refused_even_to_who_asks_the_fetcher(site: Site) -> None:
    fetching = Fetching("shop", f"{site.url}/api.json", policy=CallPolicy(egress=Egress()))
    fetching.open(runtime())
    for url in ("http://example.com/", "nonsense"):
        with pytest.raises(UpstreamForbidden):
            await asyncio.to_thread(fetching.fetch, url)
    await fetching.close()


async def test_files_need_no_line_and_wrong_urls_are_told() -> None:
    assert await in_thread("shop", "api.json", lambda fetch: fetch) is None
    for url in ("http://", "https://exa mple/x", "http://host:99999/"):
        assert "not a" in await refused(url) or "not an" in await refused(url)
    with pytest.raises(DescriptionError, match="cannot be fetched here"):
        open_documents("http://example.com/api.json")
