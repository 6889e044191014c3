"""`patchbay serve` over the demo's upstreams by their descriptions alone, with an edge a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.launch import Demo
from tests.serving import ROOT, GraphServer

DESCRIPTIONS = ROOT / "demo" / "descriptions"

PROJECT = """
links = [
  "shop.Order.customer -> crm.customers(ids: customerId) match id max 100",
  "shop.OrderItem.product -> shop.listProducts(ids: productId) match id max 50",
  "shop.Product.stock -> erp.getStockLevels(skus: sku) match sku max 50",
  "crm.Customer.orders -> shop.listOrdersByCustomer(customerIds: id) match customerId max 50",
]
hide = ["shop.Order.status"]

[rename]
"shop.Order" = "Purchase"

[upstreams.shop]
openapi = "{descriptions}/shop.openapi.yaml"
[upstreams.crm]
openapi = "{descriptions}/crm.openapi.yaml"
[upstreams.weather]
openapi = "{descriptions}/weather.openapi.yaml"
[upstreams.erp]
wsdl = "{wsdl}"
credentials = {{ username_token = ["ERP_USER", "ERP_PASSWORD"] }}
"""

PAGE = """{
  listOrders(first: 10) {
    totalCount
    pageInfo { hasNextPage }
    nodes {
      __typename id placedAt total { cents currency }
      customer { name email }
      items { quantity product { name stock { onHand warehouse } } }
    }
  }
}"""


@pytest.fixture(scope="module")
def project(running_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with patchbay.toml and nothing else."""
    folder = tmp_path_factory.mktemp("project")
    text = PROJECT.format(descriptions=DESCRIPTIONS, wsdl=running_demo.environment["ERP_WSDL"])
    (folder / "patchbay.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def imported_server(running_demo: Demo, project: Path) -> Iterator[GraphServer]:
    environment = running_demo.environment
    server = GraphServer(
        {**environment, "CRM_API_KEY": environment["CRM_KEY"]},
        project / "inbox.sqlite3",
        ("-m", "patchbay", "serve"),
        project,
    )
    with server:
        yield server


def test_one_operation_reads_three_upstreams_with_a_call_for_each_edge(
    imported_server: GraphServer, demo: Demo
) -> None:
    page = imported_server.execute(PAGE).data["listOrders"]
    assert page["totalCount"] == 6000
    assert page["pageInfo"] == {"hasNextPage": True}
    assert len(page["nodes"]) == 10
    for node in page["nodes"]:
        assert node["__typename"] == "Purchase"
        assert "@" in node["customer"]["email"]
        assert all(item["product"]["stock"]["onHand"] >= 0 for item in node["items"])
    assert demo["shop"].calls() == {"GET /orders": 1, "GET /products": 1}
    assert demo["crm"].calls() == {"GET /customers": 1}
    assert demo["erp"].calls() == {"GetStockLevels": 1}


def test_an_edge_leads_back(imported_server: GraphServer, demo: Demo) -> None:
    data = imported_server.execute('{ customers(ids: ["C1007", "C1008"]) { orders { total } } }').data
    assert [each["orders"]["total"] > 0 for each in data["customers"]] == [True, True]
    assert demo["shop"].calls() == {"GET /orders/by-customer": 1}


def test_a_declared_fault_is_told(imported_server: GraphServer, demo: Demo) -> None:
    text = 'mutation { reserveStock(sku: "nope", quantity: 1, reference: "r-1") { reservationId } }'
    error = imported_server.execute(text).error
    assert error["extensions"] == {
        "code": "SOAP_FAULT",
        "source": "erp",
        "fault": "UnknownSku",
        "detail": {"sku": "nope"},
    }


def test_a_problem_is_told(imported_server: GraphServer, demo: Demo) -> None:
    text = 'mutation { changeCustomer(id: "C1007", input: { email: "none" }) { email } }'
    extensions = imported_server.execute(text).error["extensions"]
    assert extensions["code"] == "UPSTREAM_REFUSED"
    assert extensions["status"] == 422
    assert extensions["detail"]["detail"] == "email is not an email address."


def test_an_upstream_that_is_down_takes_its_own_fields_along(
    imported_server: GraphServer, demo: Demo
) -> None:
    demo["crm"].fault(mode="fail", status=503)
    answer = imported_server.execute("{ listOrders(first: 1) { nodes { id customer { name } } } }")
    assert answer.body["data"]["listOrders"]["nodes"][0]["customer"] is None
    assert answer.codes == {"UPSTREAM_UNAVAILABLE"}


def test_the_next_start_asks_nobody_for_descriptions(
    imported_server: GraphServer, demo: Demo, project: Path
) -> None:
    demo["erp"].stop()
    environment = {**os.environ, **demo.environment, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "patchbay", "import", "--json"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    reports = json.loads(done.stdout)["upstreams"]
    assert {report["name"]: report["from_copy"] for report in reports} == {
        "shop": True,
        "crm": True,
        "weather": True,
        "erp": True,
    }


def test_a_hidden_field_is_not_there(imported_server: GraphServer) -> None:
    answer = imported_server.execute("{ listOrders(first: 1) { nodes { status } } }")
    assert answer.codes == {"GRAPHQL_VALIDATION_FAILED"}


def test_graphiql_is_served_with_an_example(imported_server: GraphServer, demo: Demo) -> None:
    page = imported_server.request("GET", "/graphql", headers={"Accept": "text/html"}).text
    assert "listOrders" in page
