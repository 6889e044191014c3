"""Swagger 2.0 in the shape of OpenAPI 3.0, piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchbay.importing.documents import Documents, Location
from tests.importing.documents.descriptions import at_pointer, opened, places, unresolved, written

JSON = "application/json"

PETS: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1"},
    "host": "api.example.com",
    "basePath": "/v1/",
    "schemes": ["http", "https", "ws"],
    "consumes": [JSON],
    "produces": [JSON, "application/xml"],
    "parameters": {
        "page": {"name": "page", "in": "query", "type": "integer", "format": "int32", "default": 1},
        "pet": {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}},
    },
    "responses": {"NotFound": {"description": "none", "schema": {"$ref": "#/definitions/Error"}}},
    "securityDefinitions": {
        "basic": {"type": "basic", "description": "b"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "code": {
            "type": "oauth2", "flow": "accessCode", "authorizationUrl": "https://a", "tokenUrl": "https://t",
            "scopes": {"read": "r"},
        },
        "app": {"type": "oauth2", "flow": "application", "tokenUrl": "https://t"},
        "odd": "text",
    },
    "security": [{"key": []}],
    "definitions": {
        "Pet": {
            "type": "object", "discriminator": "kind", "required": ["kind"],
            "properties": {"kind": {"type": "string"}, "owner": {"type": "string", "x-nullable": True}},
        },
        "Cat": {"allOf": [{"$ref": "#/definitions/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
        "Dog": {"x-ms-discriminator-value": "#dog", "allOf": [{"$ref": "#/definitions/Pet"}]},
        "Puppy": {"allOf": [{"$ref": "#/definitions/Dog"}]},
        "Error": {"properties": {"code": {"type": "integer"}}},
    },
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/parameters/page"}],
            "get": {
                "operationId": "listPets", "tags": ["pets"],
                "parameters": [
                    {"name": "ids", "in": "query", "type": "array", "items": {"type": "string"}},
                    {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"},
                     "collectionFormat": "multi"},
                    {"name": "a", "in": "query", "type": "array", "items": {}, "collectionFormat": "ssv"},
                    {"name": "b", "in": "query", "type": "array", "items": {}, "collectionFormat": "pipes"},
                    {"name": "c", "in": "header", "type": "array", "items": {}, "collectionFormat": "csv"},
                    {"name": "d", "in": "query", "type": "string", "enum": ["x"], "description": "d",
                     "required": True, "x-own": 1},
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
                        "headers": {"X-Total": {"type": "integer", "description": "all"}},
                        "examples": {JSON: []},
                    },
                    "404": {"$ref": "#/responses/NotFound"},
                    "204": {"description": "nothing"},
                    "500": {"$ref": "#/responses/Missing"},
                    "x-note": 1,
                },
            },
            "post": {"parameters": [{"$ref": "#/parameters/pet"}], "responses": {}, "schemes": ["wss"]},
            "put": {
                "parameters": [{"$ref": "#/parameters/pet"}], "consumes": ["text/xml"], "schemes": ["https"],
            },
        },
        "/files/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "type": "string"},
                {"name": "note", "in": "formData", "type": "string", "description": "n"},
            ],
            "post": {
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True},
                    {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}},
                ],
                "responses": {"200": {"description": "f", "schema": {"type": "file"}}},
                "produces": ["image/png"],
            },
            "patch": {"responses": {}},
        },
    },
}  # fmt: skip


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return opened(tmp_path, PETS)


@pytest.fixture
def root(documents: Documents) -> dict[str, Any]:
    return documents.root


def test_the_top_is_that_of_3_0(documents: Documents, root: dict[str, Any]) -> None:
    assert documents.version == "2.0"
    assert root["openapi"] == "3.0.3"
    assert root["servers"] == [{"url": "https://api.example.com/v1"}, {"url": "http://api.example.com/v1"}]
    assert root["info"] == PETS["info"]
    assert root["security"] == [{"key": []}]


@pytest.mark.parametrize(
    ("said", "urls"),
    [
        ({}, ["/"]),
        ({"basePath": "v2"}, ["/v2"]),
        ({"host": "a.example"}, ["https://a.example"]),
        ({"host": "localhost:8080", "basePath": "/"}, ["http://localhost:8080"]),
        ({"host": "a.example", "schemes": ["http"]}, ["http://a.example"]),
        ({"host": "http://a.example/", "basePath": "/x"}, ["http://a.example/x"]),
        ({"host": "a.example", "schemes": "https"}, ["https://a.example"]),
        ({"host": 7, "basePath": [], "schemes": {}}, ["/"]),
    ],
)
def test_servers_come_of_host_base_path_and_schemes(
    tmp_path: Path, said: dict[str, Any], urls: list[str]
) -> None:
    servers = opened(tmp_path, {"swagger": "2.0", "paths": {}, **said}).root["servers"]
    assert [server["url"] for server in servers] == urls


def test_security_definitions_are_security_schemes(root: dict[str, Any]) -> None:
    assert root["components"]["securitySchemes"] == {
        "basic": {"type": "http", "scheme": "basic", "description": "b"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "code": {
            "type": "oauth2",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "https://a",
                    "tokenUrl": "https://t",
                    "scopes": {"read": "r"},
                }
            },
        },
        "app": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://t", "scopes": {}}}},
        "odd": "text",
    }


def test_parameters_have_schemas_and_styles(root: dict[str, Any]) -> None:
    ids, tags, a, b, c, d = root["paths"]["/pets"]["get"]["parameters"]
    assert ids == {
        "name": "ids",
        "in": "query",
        "schema": {"type": "array", "items": {"type": "string"}},
        "style": "form",
        "explode": False,
    }
    assert (tags["style"], tags["explode"]) == ("form", True)
    assert (a["style"], b["style"], c["style"]) == ("spaceDelimited", "pipeDelimited", "simple")
    assert not any(each["explode"] for each in (a, b, c))
    assert d == {
        "name": "d",
        "in": "query",
        "description": "d",
        "required": True,
        "x-own": 1,
        "schema": {"type": "string", "enum": ["x"]},
    }
    (page,) = root["paths"]["/pets"]["parameters"]
    assert page["schema"] == {"type": "integer", "format": "int32", "default": 1}


def test_a_body_parameter_is_the_request_body(root: dict[str, Any]) -> None:
    ref = {"schema": {"$ref": "#/definitions/Pet"}}
    assert root["paths"]["/pets"]["post"]["requestBody"] == {"required": True, "content": {JSON: ref}}
    assert root["paths"]["/pets"]["put"]["requestBody"]["content"] == {"text/xml": ref}
    assert "parameters" not in root["paths"]["/pets"]["post"]


def test_form_parameters_are_one_body(root: dict[str, Any]) -> None:
    item = root["paths"]["/files/{id}"]
    assert [each["name"] for each in item["parameters"]] == ["id"]
    assert item["post"]["requestBody"] == {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "note": {"type": "string", "description": "n"},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "encoding": {"tags": {"style": "form", "explode": False}},
            }
        },
    }
    (form,) = item["patch"]["requestBody"]["content"].items()
    assert form[0] == "application/x-www-form-urlencoded"
    assert list(form[1]["schema"]["properties"]) == ["note"]


def test_responses_have_content_by_what_is_produced(root: dict[str, Any]) -> None:
    responses = root["paths"]["/pets"]["get"]["responses"]
    pets = {"type": "array", "items": {"$ref": "#/definitions/Pet"}}
    assert responses["200"] == {
        "description": "ok",
        "headers": {"X-Total": {"description": "all", "schema": {"type": "integer"}}},
        "content": {JSON: {"schema": pets, "example": []}, "application/xml": {"schema": pets}},
    }
    assert responses["404"]["content"][JSON] == {"schema": {"$ref": "#/definitions/Error"}}
    assert responses["204"] == {"description": "nothing"}
    assert responses["500"] == {"$ref": "#/responses/Missing"}
    image = root["paths"]["/files/{id}"]["post"]["responses"]["200"]["content"]
    assert image == {"image/png": {"schema": {"type": "string", "format": "binary"}}}


def test_schemas_speak_3_0_where_they_stand(documents: Documents) -> None:
    pet, at = documents.resolve({"$ref": "#/definitions/Pet"}, documents.at)
    assert at == Location("api.json", "/definitions/Pet")
    assert pet["properties"]["owner"]["nullable"] is True
    assert pet["discriminator"] == {
        "propertyName": "kind",
        "mapping": {
            "Pet": "#/definitions/Pet",
            "Cat": "#/definitions/Cat",
            "#dog": "#/definitions/Dog",
            "Puppy": "#/definitions/Puppy",
        },
    }
    assert documents.root["components"]["schemas"]["Pet"] is pet
    assert documents.resolve({"$ref": "#/components/schemas/Pet"}, documents.at)[0] is pet
    assert documents.resolve({"$ref": "Pet"}, documents.at)[0] is pet


def test_only_an_operation_with_other_schemes_has_servers_of_its_own(tmp_path: Path) -> None:
    paths = {"/a": {"get": {"schemes": ["http"]}, "put": {"schemes": ["https"]}}}
    root = opened(tmp_path, {"swagger": "2.0", "host": "a", "schemes": ["https"], "paths": paths}).root
    assert root["paths"]["/a"]["get"]["servers"] == [{"url": "http://a"}]
    assert "servers" not in root["paths"]["/a"]["put"]


def test_places_are_those_of_the_original(documents: Documents) -> None:
    pets = documents.at / "paths" / "/pets"
    operation = documents.root["paths"]["/pets"]["get"]
    answer, at = documents.resolve(operation["responses"]["404"], pets / "get" / "responses" / "404")
    assert at.pointer == "/responses/NotFound"
    _, at = documents.resolve(answer["content"][JSON]["schema"], at / "content" / JSON / "schema")
    assert at.pointer == "/definitions/Error"

    body = documents.root["paths"]["/pets"]["post"]["requestBody"]
    assert documents.original(body, pets / "post" / "requestBody").pointer == "/parameters/pet"
    pets_schema = operation["responses"]["200"]["content"]["application/xml"]["schema"]
    assert documents.resolve(pets_schema, pets)[1].pointer == "/paths/~1pets/get/responses/200/schema"
    note = documents.root["paths"]["/files/{id}"]["patch"]["requestBody"]["content"]
    (form,) = note.values()
    assert documents.original(form["schema"]["properties"]["note"], pets).pointer == (
        "/paths/~1files~1{id}/parameters/1"
    )


def test_every_place_that_is_told_is_in_the_original(documents: Documents) -> None:
    for node, at in places(documents):
        if isinstance(node, dict) and "$ref" not in node:
            _, place = documents.resolve(node, at)
            if place != at:
                at_pointer(PETS, place.pointer.replace("/patch/parameters", "/parameters"))


def test_what_many_operations_share_is_one_object(documents: Documents) -> None:
    paths = documents.root["paths"]
    posted, put = (paths["/pets"][method]["requestBody"]["content"] for method in ("post", "put"))
    assert posted[JSON]["schema"] is put["text/xml"]["schema"]


def test_paths_of_other_files_are_upgraded_too(tmp_path: Path) -> None:
    body = {"name": "b", "in": "body", "schema": {"$ref": "#/Note"}}
    written(tmp_path, "paths/a.json", {"get": {"parameters": [body]}, "Note": {"x-nullable": True}})
    documents = opened(
        tmp_path,
        {"swagger": "2.0", "paths": {"/a": {"$ref": "paths/a.json"}, "/b": {"$ref": "paths/b.json"}}},
    )
    item, at = documents.resolve(documents.root["paths"]["/a"], documents.at / "paths" / "/a")
    assert at == Location("paths/a.json")
    schema = item["get"]["requestBody"]["content"][JSON]["schema"]
    note, place = documents.resolve(schema, at / "get" / "requestBody" / "content" / JSON / "schema")
    assert place == Location("paths/a.json", "/Note")
    assert note == {"x-nullable": True, "nullable": True}
    assert "is not there" in unresolved(documents, documents.root["paths"]["/b"]["$ref"])


def test_a_large_document_is_upgraded_in_linear_time(tmp_path: Path) -> None:
    paths = {f"/p{index}": PETS["paths"]["/pets"] for index in range(300)}
    documents = opened(tmp_path, {**PETS, "paths": paths})
    assert len(documents.root["paths"]) == 300
