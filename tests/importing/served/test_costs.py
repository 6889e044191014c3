"""What queries over an imported graph cost, asked of a server with the default limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from patchbay.importing.eject import eject_upstream
from patchbay.importing.project import Loading, Project
from patchbay.server import Settings
from tests.importing.project.shop import Shop
from tests.importing.project.test_eject import NAMES, Folder
from tests.importing.served.answers import Answers, answering
from tests.server.hosting import hosted

QUERY = "{ shelves { name boxes { name things { name } } } }"


def store_document(most: int | None) -> dict[str, Any]:
    """Things in boxes on shelves: at most so many in each."""
    bound = {} if most is None else {"maxItems": most}

    def holder(**holds: Any) -> dict[str, Any]:
        lists = {name: {"type": "array", "items": item, **bound} for name, item in holds.items()}
        return {"type": "object", "properties": {"name": {"type": "string"}, **lists}}

    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    schema = {"type": "array", "items": ref("Shelf"), **bound}
    answer = {"description": "All.", "content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Store", "version": "1"},
        "paths": {"/shelves": {"get": {"operationId": "shelves", "responses": {"200": answer}}}},
        "components": {
            "schemas": {
                "Shelf": holder(boxes=ref("Box")),
                "Box": holder(things=ref("Thing")),
                "Thing": holder(),
            }
        },
    }


class Store(Answers):
    """Two shelves with a box each, and in it as many things as are asked for."""

    things = 3

    def answer(self, method: str, path: str) -> tuple[int, str, Any] | None:
        del method, path
        box = {"name": "box", "things": [{"name": f"thing {number}"} for number in range(self.things)]}
        return 200, "application/json", [{"name": name, "boxes": [box]} for name in ("left", "right")]


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[str, Store]]:
    answers = Store({})
    with answering(answers) as (url, _):
        yield url, answers


def imported(folder: Path, url: str, most: int | None) -> Project:
    document = store_document(most) | {"servers": [{"url": url}]}
    (folder / "store.json").write_text(json.dumps(document))
    (folder / "patchbay.toml").write_text('[upstreams.store]\nopenapi = "store.json"\n')
    return Project(folder / "patchbay.toml", loading=Loading(cache=None))


async def asked(project: Project, folder: Path, environment: dict[str, str] | None = None) -> Any:
    environment = environment or {}
    graph = project.load(environment)
    settings = Settings.read({"PATCHBAY_DATABASE": str(folder / "inbox.sqlite3")})
    async with hosted(project.serving(graph, settings, environment)) as port, httpx2.AsyncClient() as client:
        address = f"http://127.0.0.1:{port}/graphql"
        return (await client.post(address, json={"query": QUERY}, headers={"Patchbay-Cost": "1"})).json()


async def test_lists_in_lists_in_lists_pass_where_the_description_bounds_them(
    store: tuple[str, Store], tmp_path: Path
) -> None:
    url, answers = store
    answers.things = 3
    refused = await asked(imported(tmp_path, url, None), tmp_path)
    assert refused["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
    assert refused["errors"][0]["extensions"]["cost"]["estimated"] == 100 + 100**2 + 100**3
    answered = await asked(imported(tmp_path, url, 5), tmp_path)
    assert "errors" not in answered
    assert answered["data"]["shelves"][1]["boxes"][0]["things"][2] == {"name": "thing 2"}
    assert answered["extensions"]["cost"] == {
        "estimated": 5 + 5**2 + 5**3,
        "actual": 2 + 2 + 2 * 3,
        "upstreamCalls": {"estimated": 1, "made": 1},
    }


async def test_an_upstream_that_breaks_its_promise_loses_the_list_and_not_the_bound(
    store: tuple[str, Store], tmp_path: Path
) -> None:
    url, answers = store
    answers.things = 6
    answered = await asked(imported(tmp_path, url, 5), tmp_path)
    assert answered["data"]["shelves"][0] == {"name": "left", "boxes": [{"name": "box", "things": None}]}
    assert [each["extensions"]["code"] for each in answered["errors"]] == ["LIST_TOO_LONG"] * 2
    assert answered["extensions"]["cost"]["actual"] == 2 + 2


def test_the_ejected_files_cost_the_same(store: tuple[str, Store], tmp_path: Path) -> None:
    url, answers = store
    answers.things = 3
    project = imported(tmp_path, url, 5)
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f'"""The {name}."""\n')
    asyncio.run(eject_upstream("store", tmp_path, cache=None, force=False, environment={}))
    adapter, schema = Folder(tmp_path, Shop(url, []), "store").load_own()
    own = Project(None, upstreams=(adapter.store,), queries=(schema.StoreQuery,), loading=Loading(cache=None))
    first = asyncio.run(asked(project, tmp_path))
    assert asyncio.run(asked(own, tmp_path, {"STORE_URL": url})) == first
    assert first["extensions"]["cost"]["estimated"] == 155
