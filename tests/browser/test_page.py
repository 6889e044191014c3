"""GraphiQL's page and assets as a browser gets them over HTTP, without a browser."""

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from patchbay.server import graphiql
from patchbay.server.graphiql import (
    PAGE_HEADERS,
    Example,
    graphiql_page,
    graphiql_router,
    load_examples,
)

VENDOR = Path(graphiql.__file__).parent / "assets" / "vendor"
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028"


class _Page(HTMLParser):
    """Collects what the page loads and what stands inside its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.attributes: list[str] = []
        self._script: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.attributes += named
        self.loads += [url for url in (named.get("src"), named.get("href")) if url]
        if tag == "script":
            self._script = named
            self.scripts.append((named, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            named, text = self.scripts[-1]
            self.scripts[-1] = (named, text + data)


@pytest.fixture
def client() -> httpx2.AsyncClient:
    app = FastAPI(openapi_url=None)
    app.include_router(graphiql_router())
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1")


async def test_everything_the_page_loads_is_served_and_kept_for_good(client: httpx2.AsyncClient) -> None:
    page = graphiql_page(title="Patchbay", examples=[Example("One", "{ a }")])
    loads = [url for url in _Page(page).loads if not url.startswith("data:")]
    assert len(loads) >= 10
    for url in loads:
        answer = await client.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        kind = "text/css" if url.endswith(".css") else "text/javascript"
        assert answer.headers["content-type"].startswith(kind)
        assert hashlib.sha256(answer.content).hexdigest().startswith(url.split(".")[-2])


async def test_a_name_with_another_digest_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/graphiql/assets/page.0000000000000000.js")).status_code == 404


@pytest.mark.parametrize("name", ["../page.html", "..%2Fpage.html", "page.js", "vendor/VENDORED.md", ""])
async def test_no_other_file_of_the_package_is_served(client: httpx2.AsyncClient, name: str) -> None:
    assert (await client.get(f"/graphiql/assets/{name}")).status_code == 404


def test_the_policy_lets_scripts_come_from_files_of_this_origin_alone() -> None:
    text = PAGE_HEADERS["content-security-policy"]
    policy = dict(part.strip().split(" ", 1) for part in text.split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-eval" not in text
    assert "://" not in text
    assert PAGE_HEADERS["cache-control"] == "no-store"


def test_the_page_has_no_inline_script_and_no_event_attribute() -> None:
    page = _Page(graphiql_page(title="T", examples=[]))
    inline = [named.get("type") for named, text in page.scripts if text.strip()]
    assert inline == ["application/json"]
    assert not [name for name in page.attributes if name.startswith("on")]


def test_no_text_of_an_example_gets_out_of_its_element() -> None:
    example = Example(HOSTILE, f"# {HOSTILE}", {"a": HOSTILE})
    page = _Page(graphiql_page(graphql_path=f"/{HOSTILE}", title=HOSTILE, examples=[example]))
    assert len(page.scripts) == len(_Page(graphiql_page(title="T", examples=[])).scripts)
    (settings,) = [json.loads(text) for named, text in page.scripts if named.get("id") == "settings"]
    assert settings == {
        "graphqlPath": f"/{HOSTILE}",
        "title": HOSTILE,
        "examples": [{"name": HOSTILE, "query": f"# {HOSTILE}", "variables": {"a": HOSTILE}}],
    }


def test_examples_are_read_in_file_order_with_their_variables(tmp_path: Path) -> None:
    (tmp_path / "02-b.graphql").write_text("# Second\n{ b }\n")
    (tmp_path / "01-a.graphql").write_text("# First one\nquery A($n: Int) { a(n: $n) }\n")
    (tmp_path / "01-a.json").write_text('{"n": 1}')
    assert load_examples(tmp_path) == (
        Example("First one", "# First one\nquery A($n: Int) { a(n: $n) }\n", {"n": 1}),
        Example("Second", "# Second\n{ b }\n"),
    )


@pytest.mark.parametrize(
    ("query", "variables", "blamed"),
    [
        ("{ a }", "{}", "a.graphql"),
        ("#\n{ a }", "{}", "a.graphql"),
        ("# A\n{ a }", "[1]", "a.json"),
        ("# A", "{", "a.json"),
    ],
)
def test_a_bad_example_is_refused_by_the_name_of_its_file(
    tmp_path: Path, query: str, variables: str, blamed: str
) -> None:
    (tmp_path / "a.graphql").write_text(query)
    (tmp_path / "a.json").write_text(variables)
    with pytest.raises(ValueError, match=f"^{re.escape(blamed)}: "):
        load_examples(tmp_path)


def test_vendored_files_are_those_that_the_table_lists() -> None:
    lines = (VENDOR / "VENDORED.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][
        2:
    ]
    listed = {row[0]: row[-1] for row in rows}
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.iterdir()
        if file.suffix in {".js", ".css"}
    }
    assert listed == found
    assert {row[-2] for row in rows} == {file.name for file in VENDOR.glob("*.LICENSE")}
