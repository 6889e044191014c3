"""Trusted documents: manifests of front-end tooling, what is wrong with them, and what is run of them."""

from __future__ import annotations

import json
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema

from patchbay.access.documents.trusted_documents import HASH_PREFIX, TrustedDocuments
from patchbay.errors import ConfigurationError

CUSTOMER = "query Customer($id: ID!) {\n  customer(id: $id) {\n    name\n  }\n}"
RENAME = "mutation Rename { rename(id: 1) { name } }"
TWO = "query A { customer(id: 1) { ...C } } query B { __typename }\nfragment C on Customer { name }"
SCHEMA = build_schema(
    """
    type Query { customer(id: ID!): Customer }
    type Mutation { rename(id: ID!): Customer }
    type Customer { name: String }
    """
)

RELAY_ID = md5(CUSTOMER.encode(), usedforsecurity=False).hexdigest()
HASH = sha256(CUSTOMER.encode()).hexdigest()

MANIFESTS: dict[str, tuple[str, Any]] = {
    "Relay": (RELAY_ID, {RELAY_ID: CUSTOMER, "another": RENAME}),
    "GraphQL Code Generator": (HASH, {HASH: CUSTOMER, "another": RENAME}),
    "ids with the name of the hash": (f"sha256:{HASH}", {f"sha256:{HASH}": CUSTOMER}),
    "ids of one's own": ("x-shop:customer-1", {"x-shop:customer-1": CUSTOMER}),
    "Apollo": (
        HASH,
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [
                {"id": HASH, "name": "Customer", "type": "query", "body": CUSTOMER},
                {"id": "another", "name": "Rename", "type": "mutation", "body": RENAME},
            ],
        },
    ),
}


def manifest(folder: Path, content: Any, name: str = "manifest.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_of_each_tool_is_read(tmp_path: Path, name: str) -> None:
    id_, content = MANIFESTS[name]
    documents = TrustedDocuments.read(manifest(tmp_path, content))
    assert documents.get(id_) == CUSTOMER
    assert documents.get("nobody") is None


@pytest.mark.parametrize("name", MANIFESTS)
def test_each_document_is_known_by_the_hash_of_its_text_too(tmp_path: Path, name: str) -> None:
    documents = TrustedDocuments.read(manifest(tmp_path, MANIFESTS[name][1]))
    assert documents.get(HASH) == CUSTOMER
    assert documents.get(HASH_PREFIX + HASH) == CUSTOMER


def test_the_very_text_of_a_document_is_trusted_and_no_other() -> None:
    documents = TrustedDocuments({"1": CUSTOMER})
    assert documents.holds(CUSTOMER)
    assert not documents.holds(CUSTOMER + " ")
    assert not documents.holds("\ud800")


def test_all_manifests_of_a_folder_are_read(tmp_path: Path) -> None:
    manifest(tmp_path, {"1": CUSTOMER, "2": RENAME}, "web.json")
    manifest(tmp_path, {"2": RENAME, "3": TWO}, "phone.json")
    (tmp_path / "notes.txt").write_text("no manifest")
    documents = TrustedDocuments.read(tmp_path)
    assert len(documents) == 3
    assert documents.get("3") == TWO


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "the file is no JSON: "),
        ("", "the file is no JSON: "),
        ("[" * 200_000, "the file is nested too deeply"),
        ('{"a": 1' + "0" * 5000 + "}", "the file is no JSON: "),
        ([CUSTOMER], "a manifest is a JSON object"),
        ({}, "there are no documents in it"),
        ({"a": 7}, "the document 'a' is no text"),
        ({"a": None}, "the document 'a' is no text"),
        (f'{{"a": {json.dumps(CUSTOMER)}, "a": {json.dumps(RENAME)}}}', "'a' stands there twice"),
        ({"a": "{ customer(id: 1) { name }"}, "the document 'a' is no GraphQL: "),
        ({"a": "{ customer(id: 1) { name }"}, "(line 1, column 27)"),
        ({"Customer": HASH}, "the document 'Customer' is no GraphQL: "),
        ({"a": "{ a" * 50_000}, "the document 'a' is no GraphQL: "),
        ({"a": "# \ud800"}, "the document 'a' is no GraphQL: "),
        ({"a": "#" * 1_048_577}, "the document 'a' is larger than 1048576 bytes"),
        ({"x" * 5000: ""}, "…' is no GraphQL: "),
        ({"operations": []}, "a manifest with operations has the format apollo-persisted-query-manifest"),
        (
            {"format": "apollo-persisted-query-manifest", "version": 2, "operations": []},
            "a manifest with operations has the format apollo-persisted-query-manifest, version 1",
        ),
        (
            {"format": "apollo-persisted-query-manifest", "version": 1, "operations": {}},
            "'operations' is a list of objects with 'id' and 'body'",
        ),
        (
            {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]},
            "operations[0] has no 'id' or no 'body'",
        ),
        (
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{"id": "a", "body": CUSTOMER}, {"id": "a", "body": RENAME}],
            },
            "the id 'a' has two texts",
        ),
    ],
)  # fmt: skip
def test_a_manifest_that_is_no_good_is_named_with_what_is_wrong(
    tmp_path: Path, content: Any, problem: str
) -> None:
    path = manifest(tmp_path, content)
    with pytest.raises(ConfigurationError) as raised:
        TrustedDocuments.read(path)
    assert str(raised.value).startswith(f"PATCHBAY_TRUSTED_DOCUMENTS: {path}: ")
    assert problem in str(raised.value)
    assert len(str(raised.value)) < 400


def test_two_files_may_not_disagree_about_an_id(tmp_path: Path) -> None:
    manifest(tmp_path, {"1": CUSTOMER}, "a.json")
    second = manifest(tmp_path, {"1": RENAME}, "b.json")
    with pytest.raises(ConfigurationError, match="two texts") as raised:
        TrustedDocuments.read(tmp_path)
    assert str(second) in str(raised.value)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.json: the file cannot be read"):
        TrustedDocuments.read(tmp_path / "gone.json")
    with pytest.raises(ConfigurationError, match=r"no file \*\.json"):
        TrustedDocuments.read(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ConfigurationError, match=r"manifest\.json: the file is no UTF-8"):
        TrustedDocuments.read(path)


def test_documents_that_do_not_fit_the_schema_are_each_named() -> None:
    documents = TrustedDocuments(
        {
            "good": CUSTOMER,
            "two operations": TWO,
            "old": "{ customer(id: 1) { age } }",
            "part": "fragment C on Customer { name }",
        }
    )
    old, part = documents.problems(SCHEMA)
    assert old.startswith("PATCHBAY_TRUSTED_DOCUMENTS: the document 'old' cannot be run: ")
    assert "'age'" in old
    assert old.endswith("(line 1, column 21)")
    assert part.endswith("the document 'part' cannot be run: there is no operation in it")


def test_what_is_checked_of_documents_can_be_told() -> None:
    def strict(_: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
        return (
            [GraphQLError(f"too long, {len(document.definitions)}")] if len(document.definitions) > 1 else []
        )

    problems = TrustedDocuments({"good": CUSTOMER, "bad": TWO}).problems(SCHEMA, strict)
    assert problems == ["PATCHBAY_TRUSTED_DOCUMENTS: the document 'bad' cannot be run: too long, 3"]
