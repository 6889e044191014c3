from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from demo.launch import Demo
from patchbay.importing.eject import eject_upstream
from patchbay.importing.project import Loading, Project
from patchbay.server import Settings
from tests.importing.project.shop import Shop
from tests.importing.project.test_eject import NAMES, Folder
from tests.server.hosting import hosted

TOML = """
[upstreams.erp]
wsdl = "{url}"
credentials = {{ username_token = ["ERP_USER", "ERP_PASSWORD"] }}
"""

QUERIES = [
    '{ getStockLevels(skus: { sku: ["SKU-0001", "nothing"] }) { sku onHand warehouse } }',
    '{ getBalances(customerNumbers: { customerNumber: ["E1007"] }) { amount currency } }',
    'mutation { reserveStock(sku: "nothing", quantity: "1") { sku quantity } }',
]


async def answers(project: Project, environment: dict[str, str], database: Path) -> list[object]:
    graph = project.load(environment)
    settings = Settings.read({"PATCHBAY_DATABASE": str(database)})
    async with hosted(project.serving(graph, settings, environment)) as port, httpx2.AsyncClient() as client:
        url = f"http://127.0.0.1:{port}/graphql"
        return [(await client.post(url, json={"query": query})).json() for query in QUERIES]


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Folder:
    """A project whose ERP was imported from its WSDL, and ejected."""
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f'"""The {name}."""\n')
    (tmp_path / "patchbay.toml").write_text(TOML.format(url=demo.environment["ERP_WSDL"]))
    done = asyncio.run(eject_upstream("erp", tmp_path, cache=None, force=False, environment=demo.environment))
    assert [path.name for path in done.files] == ["erp.py", "erp.py", "erp.py", "erp.model.json"]
    return Folder(tmp_path, Shop("", []), "erp")


def test_an_ejected_service_answers_as_the_import_did(folder: Folder, demo: Demo, tmp_path: Path) -> None:
    adapter, schema = folder.load_own()
    loading = Loading(cache=None)
    mutations = [schema.ErpMutation] if hasattr(schema, "ErpMutation") else []
    own = Project(
        None, upstreams=(adapter.erp,), queries=(schema.ErpQuery,), mutations=mutations, loading=loading
    )
    imported = Project(folder.path / "patchbay.toml", loading=loading)
    address = demo.environment["ERP_WSDL"].partition("?")[0]
    first = asyncio.run(answers(imported, demo.environment, tmp_path / "a.sqlite3"))
    second = asyncio.run(answers(own, {**demo.environment, "ERP_URL": address}, tmp_path / "b.sqlite3"))
    assert "errors" not in str(first[0])
    assert "UnknownSku" in str(first[2])
    assert second == first
