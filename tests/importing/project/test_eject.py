from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from patchbay.errors import ConfigurationError
from patchbay.importing.eject import eject_upstream
from patchbay.importing.project import Loading, Project
from patchbay.server import Settings
from tests.importing.project.shop import Shop, served_shop
from tests.server.hosting import hosted
from tests.serving import ROOT

QUERIES = [
    "{ listOrders(first: 5) { totalCount nodes { id status placedAt total { cents currency } } } }",
    "{ listOrders(first: 2, status: PAID) { edges { node { id } } pageInfo { hasNextPage } } }",
    '{ listOrders(first: 1, xTenant: "t1") { nodes { labels { key value } } } }',
    '{ getOrder(id: "1") { payment { __typename ... on Card { last4 } ... on Bank { iban } } } }',
    '{ a: getOrder(id: "2") { payment { ... on Bank { iban } } } b: getOrder(id: "none") { id } }',
    '{ listCustomers(ids: ["C1", "C9", "C0"]) { id name } }',
    'mutation { createOrder(input: { customerId: "C1", labels: [{ key: "a", value: "b" }] }) { id } }',
    'mutation { createOrder(input: { customerId: "nobody", note: null }) { id } }',
    "{ listOrders(first: -1) { totalCount } }",
]

NAMES = ("adapters", "schema", "resolvers")


class Folder:
    """A project whose upstream is imported, and then ejected."""

    def __init__(self, path: Path, shop: Shop, name: str = "shop") -> None:
        self.path = path
        self.shop = shop
        self.name = name

    def load_own(self) -> Any:
        """The ejected files, imported from this folder; and the names of Python's modules as before."""
        before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in NAMES}
        for name in before:
            del sys.modules[name]
        sys.path.insert(0, str(self.path))
        try:
            importlib.invalidate_caches()
            return (
                importlib.import_module(f"adapters.{self.name}"),
                importlib.import_module(f"schema.{self.name}"),
            )
        finally:
            sys.path.remove(str(self.path))
            for name in [each for each in sys.modules if each.partition(".")[0] in NAMES]:
                del sys.modules[name]
            sys.modules.update(before)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with served_shop() as served:
        yield served


@pytest.fixture(scope="module")
def folder(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    path = tmp_path_factory.mktemp("project")
    shop.write(path)
    (path / "patchbay.toml").write_text('[upstreams.shop]\nopenapi = "shop.openapi.json"\n')
    for name in NAMES:
        (path / name).mkdir()
        (path / name / "__init__.py").write_text(f'"""The {name}."""\n')
    return Folder(path, shop)


@pytest.fixture(scope="module")
def ejected(folder: Folder) -> dict[str, str]:
    done = asyncio.run(eject_upstream("shop", folder.path, cache=None, force=True, environment={}))
    assert [str(path.relative_to(folder.path)) for path in done.files] == [
        "adapters/shop.py",
        "resolvers/shop.py",
        "schema/shop.py",
    ]
    return {path.parent.name: path.read_text() for path in done.files}


@pytest.fixture
def projects(folder: Folder, ejected: dict[str, str]) -> tuple[Project, Project]:
    """The shop imported, and the shop ejected."""
    adapter, schema = folder.load_own()
    loading = Loading(cache=None)
    own = Project(
        None,
        upstreams=(adapter.shop,),
        queries=(schema.ShopQuery,),
        mutations=(schema.ShopMutation,),
        loading=loading,
    )
    return Project(folder.path / "patchbay.toml", loading=loading), own


async def answers(project: Project, environment: dict[str, str], database: Path) -> list[Any]:
    """What each query brings, from a server."""
    graph = project.load(environment)
    settings = Settings.read({"PATCHBAY_DATABASE": str(database)})
    async with hosted(project.serving(graph, settings, environment)) as port, httpx2.AsyncClient() as client:
        found = []
        for query in QUERIES:
            response = await client.post(f"http://127.0.0.1:{port}/graphql", json={"query": query})
            found.append(response.json())
        return found


async def test_ejected_files_answer_as_the_import_did(
    projects: tuple[Project, Project], shop: Shop, tmp_path: Path
) -> None:
    imported, own = projects
    first = await answers(imported, {}, tmp_path / "a.sqlite3")
    asked = [*shop.asked]
    shop.asked.clear()
    second = await answers(own, {"SHOP_URL": shop.url}, tmp_path / "b.sqlite3")
    assert first[0]["data"]["listOrders"]["totalCount"] == 7
    assert first[6]["data"]["createOrder"]["id"] == "99"
    assert first[7]["errors"][0]["extensions"]["detail"] == {"title": "unknown customer"}
    assert second == first
    assert sorted(shop.asked) == sorted(asked)


def test_ejected_files_offer_the_same_schema(projects: tuple[Project, Project]) -> None:
    imported, own = (project.load({"SHOP_URL": "http://127.0.0.1:1"}).schema.as_str() for project in projects)
    assert set(imported.splitlines()) - set(own.splitlines()) == set()
    assert "  refunds: [Money!] @listSize(assumedSize: 4)" in own.splitlines()
    assert "  listCustomers(ids: [String!]!): [Customer!] @listSize(assumedSize: 50)" in own.splitlines()


def test_ejected_files_are_as_the_tools_want_them(folder: Folder, ejected: dict[str, str]) -> None:
    (folder.path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *NAMES],
            cwd=folder.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_ejected_files_are_well_typed(folder: Folder, ejected: dict[str, str]) -> None:
    files = [f"{name}/{each}.py" for name in NAMES for each in ("__init__", "shop")]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            *files,
        ],
        cwd=folder.path,
        env={**os.environ, "MYPYPATH": f"{folder.path}:{ROOT}", "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_houses_own_kinds_are_used_where_they_can_say_it(ejected: dict[str, str]) -> None:
    adapter = ejected["adapters"]
    assert 'shop = Rest("shop", base_url="SHOP_URL")' in adapter
    assert 'get_order = shop.each("GET /orders/{id}", Order)' in adapter
    assert 'shop.batch("GET /customers?ids={ids}", Customer, match="id", max_size=50)' in adapter
    assert "create_order = call(" in adapter
    assert adapter.startswith('"""Shop: Little shop 1.2.\n\nKind: REST')


async def test_ejecting_twice_writes_the_same(folder: Folder, ejected: dict[str, str]) -> None:
    done = await eject_upstream("shop", folder.path, cache=None, force=True, environment={})
    assert {path.parent.name: path.read_text() for path in done.files} == ejected


async def test_files_that_are_there_stay(folder: Folder, ejected: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="there already; --force writes over it"):
        await eject_upstream("shop", folder.path, cache=None, force=False, environment={})


async def test_what_is_not_imported_cannot_be_ejected(folder: Folder) -> None:
    with pytest.raises(ConfigurationError, match="has no upstream 'shpo'; did you mean 'shop'"):
        await eject_upstream("shpo", folder.path, cache=None, force=False, environment={})
