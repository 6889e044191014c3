"""What references lead to within a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchbay.importing.documents import Documents, Location, UnresolvedRef
from tests.importing.documents.descriptions import opened, unresolved, with_schemas

PET = {"type": "object", "properties": {"a/b": {"type": "string"}, "m~n": {"type": "integer"}}}


def target(documents: Documents, ref: str) -> tuple[Any, str]:
    found, at = documents.resolve({"$ref": ref}, documents.at)
    return found, at.pointer


def test_a_node_without_a_reference_is_its_own_answer(tmp_path: Path) -> None:
    documents = with_schemas(tmp_path, {"Pet": PET})
    nodes: list[Any] = [{"type": "string"}, [], None, True, "text", {"$ref": {"type": "string"}}, {"$ref": 1}]
    for node in nodes:
        found, at = documents.resolve(node, documents.at / "x")
        assert found is node
        assert at == Location("api.json", "/x")


@pytest.mark.parametrize(
    ("ref", "pointer"),
    [
        ("#/components/schemas/Pet", "/components/schemas/Pet"),
        ("#/components/schemas/Pet/properties/a~1b", "/components/schemas/Pet/properties/a~1b"),
        ("#/components/schemas/Pet/properties/a%7E1b", "/components/schemas/Pet/properties/a~1b"),
        ("#/components/schemas/Pet/properties/a%2Fb", "/components/schemas/Pet/properties/a~1b"),
        ("#/components/schemas/Pet/properties/m~0n", "/components/schemas/Pet/properties/m~0n"),
        ("#/components/schemas/My%20Pet", "/components/schemas/My Pet"),
        ("#/components/schemas/My Pet", "/components/schemas/My Pet"),
        ("#/components/schemas/100%25", "/components/schemas/100%"),
        ("#/components/schemas/100%", "/components/schemas/100%"),
        ("#/components/schemas/a%20b", "/components/schemas/a%20b"),
        ("#/components/schemas/%C3%A9", "/components/schemas/é"),
        ("#/components/schemas/Any/anyOf/1", "/components/schemas/Any/anyOf/1"),
        ("#components/schemas/Pet", "/components/schemas/Pet"),
        ("#/definitions/Pet", "/components/schemas/Pet"),
        (" #/components/schemas/Pet ", "/components/schemas/Pet"),
        ("api.json#/components/schemas/Pet", "/components/schemas/Pet"),
        ("./api.json#/components/schemas/Pet", "/components/schemas/Pet"),
        ("Pet", "/components/schemas/Pet"),
        ("#/components/schemas/Chain", "/components/schemas/Pet"),
        ("#/components/schemas/Chain/properties/m~0n", "/components/schemas/Pet/properties/m~0n"),
        ("#", ""),
    ],
)
def test_a_reference_leads_to_one_object_with_one_location(tmp_path: Path, ref: str, pointer: str) -> None:
    documents = with_schemas(
        tmp_path,
        {
            "Pet": PET, "My Pet": {}, "100%": {}, "a%20b": {}, "é": {},
            "Any": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "Link": {"$ref": "#/components/schemas/Pet"}, "Chain": {"$ref": "#/components/schemas/Link"},
        },
    )  # fmt: skip
    found, at = target(documents, ref)
    assert at == pointer
    assert found is target(documents, ref)[0]
    assert found is target(documents, f"#{pointer.replace('%', '%25')}")[0]


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ("#/components/schemas/Missing", "leads to nothing"),
        ("#/components/schemas/Any/anyOf/2", "leads to nothing"),
        ("#/components/schemas/Any/anyOf/-1", "leads to nothing"),
        ("#/components/schemas/Any/anyOf/²", "leads to nothing"),
        ("#/info/title/x", "leads to nothing"),
        ("#missing", "leads to nothing"),
        ("", "is empty"),
        ("#/components/schemas/Self", "leads in a circle"),
        ("#/components/schemas/A", "leads in a circle"),
        ("#/components/schemas/Self/properties/x", "leads in a circle"),
        ("#/components/schemas/A/x", "leads in a circle"),
        ("missing.json#/x", "leads to missing.json, which is not there"),
        ("Missing", "leads to Missing, which is not there"),
    ],
)
def test_a_reference_that_leads_nowhere_says_why(tmp_path: Path, ref: str, told: str) -> None:
    documents = with_schemas(
        tmp_path,
        {
            "Any": {"anyOf": [{}, {}]},
            "Self": {"$ref": "#/components/schemas/Self"},
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"$ref": "#/components/schemas/A"},
        },
    )
    assert unresolved(documents, ref) == f"$ref '{ref}' {told}"
    assert unresolved(documents, ref, documents.at / "x").endswith(told)


def test_the_error_knows_the_place_and_shortens_the_reference(tmp_path: Path) -> None:
    documents = with_schemas(tmp_path, {})
    with pytest.raises(UnresolvedRef) as caught:
        documents.resolve({"$ref": "#/x\n" + "y" * 500}, documents.at / "paths" / "/a")
    assert (caught.value.file, caught.value.pointer) == ("api.json", "/paths/~1a")
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_what_stands_beside_a_reference_is_left_to_the_reader_before_3_1(tmp_path: Path) -> None:
    documents = with_schemas(tmp_path, {"Pet": PET})
    node = {"$ref": "#/components/schemas/Pet", "description": "x", "nullable": True, "type": "string"}
    found, at = documents.resolve(node, documents.at)
    assert found is target(documents, "#/components/schemas/Pet")[0]
    assert at.pointer == "/components/schemas/Pet"


def test_in_3_1_what_stands_beside_a_reference_counts(tmp_path: Path) -> None:
    schemas = {
        "Pet": PET,
        "Words": {"$ref": "#/components/schemas/Pet", "description": "x", "x-y": 1, "default": None},
        "Narrow": {"$ref": "#/components/schemas/Pet", "minProperties": 1, "required": True, "in": "query"},
        "More": {"$ref": "#/components/schemas/Pet", "required": ["a"], "allOf": [{"title": "t"}]},
    }
    documents = with_schemas(tmp_path, schemas, "3.1.0")
    at = documents.at / "components" / "schemas"
    schemas = documents.root["components"]["schemas"]
    assert documents.resolve(schemas["Words"], at / "Words")[1].last == "Pet"
    assert documents.resolve(schemas["Narrow"], at / "Narrow")[1].last == "Pet"
    more, place = documents.resolve(schemas["More"], at / "More")
    assert more == {"required": ["a"], "allOf": [{"$ref": "#/components/schemas/Pet"}, {"title": "t"}]}
    assert place == at / "More"
    assert documents.resolve(schemas["More"], at / "More")[0] is more
    assert target(documents, "#/components/schemas/More") == (more, place.pointer)


def test_schemas_are_found_by_the_names_that_they_say(tmp_path: Path) -> None:
    schemas = {
        "Pet": {
            "$anchor": "pet",
            "$id": "https://example.com/schemas/pet",
            "properties": {"x": {"type": "string"}},
        },
        "Old": {"$id": "#old"},
        "Dynamic": {"$dynamicAnchor": "node"},
    }
    documents = with_schemas(tmp_path, schemas, "3.1.0")
    pet = "/components/schemas/Pet"
    assert target(documents, "#pet")[1] == pet
    assert target(documents, "#node")[1] == "/components/schemas/Dynamic"
    assert target(documents, "#old")[1] == "/components/schemas/Old"
    assert target(documents, "https://example.com/schemas/pet")[1] == pet
    assert target(documents, "https://example.com/schemas/pet#/properties/x")[1] == f"{pet}/properties/x"


def test_a_location_reads_as_it_is_written() -> None:
    at = Location("api.yaml") / "paths" / "/a~b/{id}" / "get" / 0
    assert str(at) == "api.yaml#/paths/~1a~0b~1{id}/get/0"
    assert (at / "x/y").last == "x/y"
    assert at.key == Location("api.yaml", at.pointer).key


def test_nothing_is_walked_before_it_is_asked_for(tmp_path: Path) -> None:
    documents = opened(tmp_path, {"openapi": "3.0.0", "paths": {"/a": {"$ref": "absent.json"}}})
    assert dict(documents.files).keys() == {"api.json"}
