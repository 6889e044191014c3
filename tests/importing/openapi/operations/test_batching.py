from __future__ import annotations

from typing import Any

import pytest

from patchbay.importing.model import Batching
from tests.importing.openapi.operations.described import (
    NUMBER,
    TEXT,
    answering,
    compiled,
    get,
    query,
    rows,
    thing,
)

CUSTOMER = {"type": "object", "properties": {"id": TEXT, "email": TEXT, "customerID": TEXT}}
COMPONENTS = {"schemas": {"Customer": CUSTOMER}}
REF = {"$ref": "#/components/schemas/Customer"}
MANY = {"type": "array", "items": TEXT, "maxItems": 40}
ONE = {"get": get([{"name": "id", "in": "path", "required": True, "schema": TEXT}], answering(REF))}


def batched(
    *parameters: Any, answer: Any = None, one: Any = ONE, more: Any = None, path: str = "/customers"
) -> Batching | None:
    paths = {path: {"get": get(parameters, answering(answer or rows(REF)))}, **(more or {})}
    if one is not None:
        paths["/customers/{id}"] = one
    model = compiled(paths, components=COMPONENTS)
    return model.operations[0].batching


def test_a_list_of_ids_is_the_batch_of_the_operation_for_one() -> None:
    assert batched(query("ids", MANY, required=True)) == Batching(
        "ids",
        "id",
        max_size=40,
        single="customer",
        why="ids takes many, id of each row tells which; customer takes one",
    )


@pytest.mark.parametrize("name", ["ids", "id[]", "customer_ids", "customerIds", "filter[id]", "id"])
def test_names_of_a_list_of_ids(name: str) -> None:
    batching = batched(query(name, MANY))
    assert batching is not None
    assert batching.match == "id"


def test_a_text_that_its_description_calls_a_list_is_one() -> None:
    assert batched(query("ids", description="Comma-separated ids, up to 25")) == Batching(
        "ids",
        "id",
        max_size=25,
        single="customer",
        why="ids takes many, id of each row tells which; customer takes one",
    )
    assert batched(query("ids", description="who knows")) is None


def test_other_keys_are_matched_by_their_member() -> None:
    batching = batched(query("emails", MANY, required=True), one=None)
    assert batching is not None
    assert (batching.match, batching.single) == ("email", "")


def test_one_that_takes_another_key_is_no_sibling() -> None:
    batching = batched(query("emails", MANY, required=True))
    assert batching is not None
    assert batching.single == ""


def test_rows_and_the_one_may_be_in_envelopes() -> None:
    answer = {"type": "object", "properties": {"customers": rows(REF)}}
    held = {"type": "object", "properties": {"data": REF}}
    one = {"get": get([{"name": "id", "in": "path", "required": True, "schema": TEXT}], answering(held))}
    batching = batched(query("ids", MANY), answer=answer, one=one)
    assert batching is not None
    assert (batching.items, batching.single) == (("customers",), "customer")


def test_a_batch_over_pages_asks_for_as_many_rows_as_keys() -> None:
    limit = query("limit", {"type": "integer", "maximum": 30})
    batching = batched(query("ids", MANY), query("offset", NUMBER), limit)
    assert batching is not None
    assert (batching.size, batching.max_size) == ("limit", 30)


def test_a_post_that_reads_by_ids_is_a_batch() -> None:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"ids": MANY}}}}}
    post = {"requestBody": body, "responses": answering(rows(REF))}
    model = compiled({"/customers/batch-get": {"post": post}, "/customers/{id}": ONE}, components=COMPONENTS)
    operation = model.operations[0]
    assert not operation.is_mutation
    assert operation.batching is not None
    assert (operation.batching.argument, operation.batching.path) == ("input", ("ids",))
    assert operation.batching.single == "customer"


@pytest.mark.parametrize(
    "parameters",
    [
        [query("statuses", MANY)],
        [query("emails", MANY)],
        [query("ids", TEXT)],
        [query("tag_ids", MANY)],
        [query("ids", MANY), query("tenant", required=True)],
    ],
)
def test_a_filter_is_no_batch(parameters: Any) -> None:
    assert batched(*parameters) is None


def test_an_id_that_may_be_many_is_a_batch_beside_the_one_alone() -> None:
    assert batched(query("id", MANY), one=None) is None


def test_rows_without_the_key_are_no_batch() -> None:
    assert batched(query("ids", MANY), answer=rows(thing("name")), one=None) is None
