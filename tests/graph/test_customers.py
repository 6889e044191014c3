"""Customers: read from the CRM, and changed there."""

from __future__ import annotations

import pytest

from demo.launch import Demo
from tests.serving import GraphServer

CHANGE = (
    "mutation($id: ID!, $email: String!) { changeCustomerEmail(id: $id, email: $email) { number email } }"
)


def test_a_customer_is_found_by_number_and_by_global_id(graph: GraphServer) -> None:
    by_number = graph.execute('{ customer(id: "C1007") { id number } }').data["customer"]
    by_id = graph.execute("query($id: ID!) { customer(id: $id) { id number } }", id=by_number["id"]).data[
        "customer"
    ]
    assert by_number == by_id
    assert by_number["number"] == "C1007"


def test_an_unknown_customer_is_null(graph: GraphServer) -> None:
    assert graph.execute('{ customer(id: "C9999999") { name } }').data == {"customer": None}


@pytest.mark.parametrize(
    "bad", ["", " ", "7", "C", "C10 07", "C1007,C1008", "../C1007", "C" + "1" * 4000, "Ç1007", "\0"]
)
def test_a_malformed_id_is_an_error_that_names_the_argument(graph: GraphServer, demo: Demo, bad: str) -> None:
    answer = graph.execute("query($id: ID!) { customer(id: $id) { name } }", id=bad)
    assert answer.status == 200
    assert answer.body["data"] == {"customer": None}
    assert answer.error["message"] == "argument 'id' is not an id of type Customer"
    assert answer.error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "id"}
    assert answer.error["path"] == ["customer"]
    assert demo["crm"].calls() == {}


def test_the_id_of_another_type_is_told_so(graph: GraphServer) -> None:
    order_id = graph.execute("{ orders(first: 1) { edges { node { id } } } }").data["orders"]["edges"][0][
        "node"
    ]["id"]
    answer = graph.execute("query($id: ID!) { customer(id: $id) { name } }", id=order_id)
    assert answer.error["message"] == "argument 'id' is an id of type Order, not Customer"


def test_the_same_customer_asked_for_twice_is_loaded_once(graph: GraphServer, demo: Demo) -> None:
    data = graph.execute(
        """{ a: customer(id: "C1007") { name } b: customer(id: "C1007") { name }
             c: customer(id: "C1008") { name } }"""
    ).data
    assert data["a"] == data["b"]
    assert demo["crm"].calls() == {"GET /customers": 1}


def test_a_change_is_written_through_and_read_back(graph: GraphServer, demo: Demo) -> None:
    before = graph.execute('{ customer(id: "C1500") { email } }').data["customer"]["email"]
    changed = graph.execute(CHANGE, id="C1500", email="written.through@example.com").data[
        "changeCustomerEmail"
    ]
    assert changed == {"number": "C1500", "email": "written.through@example.com"}
    assert demo["crm"].calls()["PATCH /customers/{id}"] == 1
    assert graph.execute('{ customer(id: "C1500") { email } }').data["customer"]["email"] == changed["email"]
    graph.execute(CHANGE, id="C1500", email=before)


def test_changes_of_one_operation_see_each_other(graph: GraphServer) -> None:
    data = graph.execute(
        """mutation {
            a: changeCustomerEmail(id: "C1501", email: "a@example.com") { ...both }
            b: changeCustomerEmail(id: "C1501", email: "b@example.com") { ...both }
        }
        fragment both on Customer { email orders(first: 1) { edges { node { customer { email } } } } }"""
    ).data
    for change in data.values():
        for edge in change["orders"]["edges"]:
            assert edge["node"]["customer"]["email"] == change["email"]


def test_changing_an_unknown_customer_is_null(graph: GraphServer) -> None:
    assert graph.execute(CHANGE, id="C9999999", email="x@example.com").data == {"changeCustomerEmail": None}


def test_an_address_that_the_crm_refuses_is_a_coded_error_and_made_once(
    graph: GraphServer, demo: Demo
) -> None:
    answer = graph.execute(CHANGE, id="C1500", email="a" * 65 + "@example.com")
    assert answer.body["data"] == {"changeCustomerEmail": None}
    assert answer.error["extensions"] == {"code": "UPSTREAM_REFUSED", "source": "crm", "status": 422}
    assert demo["crm"].calls() == {"PATCH /customers/{id}": 1}


@pytest.mark.parametrize(
    "bad",
    ["", " ", "x", "a@b", "@example.com", "a@", "a@.com", "a@b..com", "a b@example.com", "a@example.com\n",
     "a\0@example.com", "a@b@example.com", "a@example.com\r\nBcc: x@example.com",
     "a" * 5_000 + "@example.com",
     "a" * 243 + "@example.com"],
)  # fmt: skip
def test_what_is_no_address_never_reaches_the_crm(graph: GraphServer, demo: Demo, bad: str) -> None:
    answer = graph.execute(CHANGE, id="C1500", email=bad)
    assert answer.body["data"] == {"changeCustomerEmail": None}
    assert answer.error["message"] == "argument 'email' is not an email address"
    assert answer.error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "email"}
    assert demo["crm"].calls() == {}
