"""References over files, and what they may not reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from patchbay.importing.documents import DocumentLimits, Documents, Location, open_documents
from patchbay.importing.documents.store import ABSENT, digests_beside
from tests.importing.documents.descriptions import MINIMAL, unresolved, with_schemas, written


def root_in(folder: Path, limits: DocumentLimits | None = None) -> Documents:
    return open_documents(written(folder, "api/api.json", MINIMAL), limits=limits)


def test_files_refer_to_each_other_from_where_they_stand(tmp_path: Path) -> None:
    written(
        tmp_path, "api/schemas/order.yaml", "Order:\n  properties:\n    pet: {$ref: '../pets/pet.json'}\n"
    )
    written(
        tmp_path, "api/pets/pet.json", {"properties": {"order": {"$ref": "../schemas/order.yaml#/Order"}}}
    )
    documents = root_in(tmp_path)
    order, at = documents.resolve({"$ref": "schemas/order.yaml#/Order"}, documents.at)
    assert at == Location("schemas/order.yaml", "/Order")
    pet, at = documents.resolve(order["properties"]["pet"], at / "properties" / "pet")
    assert at == Location("pets/pet.json", "")
    again, at = documents.resolve(pet["properties"]["order"], at / "properties" / "order")
    assert again is order
    assert at == Location("schemas/order.yaml", "/Order")
    assert list(documents.files) == ["api.json", "schemas/order.yaml", "pets/pet.json"]


def test_a_chain_over_files_is_followed_and_a_circle_found(tmp_path: Path) -> None:
    written(tmp_path, "api/a.json", {"x": {"$ref": "b.json#/x"}, "loop": {"$ref": "b.json#/loop"}})
    written(
        tmp_path,
        "api/b.json",
        {"x": {"$ref": "#/y"}, "y": {"type": "string"}, "loop": {"$ref": "a.json#/loop"}},
    )
    documents = root_in(tmp_path)
    assert documents.resolve({"$ref": "a.json#/x"}, documents.at)[1] == Location("b.json", "/y")
    assert unresolved(documents, "a.json#/loop").endswith("leads in a circle")


def test_names_of_files_may_be_escaped(tmp_path: Path) -> None:
    written(tmp_path, "api/my pet.json", {"type": "string"})
    written(tmp_path, "api/100%25.json", {"type": "integer"})
    documents = root_in(tmp_path)
    assert documents.resolve({"$ref": "my%20pet.json"}, documents.at)[1].file == "my pet.json"
    assert documents.resolve({"$ref": "my pet.json"}, documents.at)[1].file == "my pet.json"
    written(tmp_path, "api/sub/x.json", {})
    assert documents.resolve({"$ref": ".\\sub\\x.json"}, documents.at)[1].file == "sub/x.json"
    assert documents.resolve({"$ref": "100%25.json"}, documents.at)[1].file == "100%25.json"


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = written(tmp_path, "api/a.json", {"x": {}, "y": {}})
    documents = root_in(tmp_path)
    documents.resolve({"$ref": "a.json#/x"}, documents.at)
    path.unlink()
    assert documents.resolve({"$ref": "a.json#/y"}, documents.at)[0] == {}


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ("../secret.json", "leads to a file outside of the document's folder"),
        ("../../../../../../etc/passwd", "leads to a file outside of the document's folder"),
        ("%2e%2e/secret.json", "leads to a file outside of the document's folder"),
        ("..%2Fsecret.json", "leads to a file outside of the document's folder"),
        ("x/../../secret.json", "leads to a file outside of the document's folder"),
        ("link.json", "leads to a file outside of the document's folder"),
        ("folder/secret.json", "leads to a file outside of the document's folder"),
        ("/etc/passwd", "names a file by an absolute path"),
        ("file:///etc/passwd", "leads to another place than the document's own folder"),
        ("file:secret.json", "leads to another place than the document's own folder"),
        ("//example.com/x.json", "leads to another place than the document's own folder"),
        ("https://example.com/x.json#/a", "leads to another place than the document's own folder"),
        ("a\0b.json", "names a file by an absolute path"),
        (".", "is a directory, not a document"),
        ("loop.json", "its symbolic links lead in a circle"),
        ("zero.json", "is no regular file"),
        ("x" * 5000 + ".json", "cannot be read"),
    ],
)
def test_what_lies_outside_is_not_reached(tmp_path: Path, ref: str, told: str) -> None:
    secret = written(tmp_path, "secret.json", {"secret": "canary"})
    documents = root_in(tmp_path)
    (tmp_path / "api/link.json").symlink_to(secret)
    (tmp_path / "api/folder").symlink_to(tmp_path)
    (tmp_path / "api/loop.json").symlink_to(tmp_path / "api/loop.json")
    os.mkfifo(tmp_path / "api/zero.json")
    message = unresolved(documents, ref)
    assert told in message
    assert str(tmp_path) not in message


def test_links_within_the_folder_and_to_the_root_are_fine(tmp_path: Path) -> None:
    real = written(tmp_path, "api/real.json", {"type": "string"})
    (tmp_path / "api/link.json").symlink_to(real)
    root = written(tmp_path, "elsewhere/root.json", MINIMAL)
    (tmp_path / "api/api.json").symlink_to(root)
    documents = open_documents(tmp_path / "api/api.json")
    assert documents.resolve({"$ref": "link.json"}, documents.at)[0] == {"type": "string"}


def test_a_broken_file_is_told_with_its_line_and_the_rest_is_served(tmp_path: Path) -> None:
    written(tmp_path, "api/a.json", '{\n"x" 1\n}')
    documents = root_in(tmp_path)
    for _ in range(2):
        assert "leads to a.json, which is not" in unresolved(documents, "a.json#/x")
        assert "(line 2)" in unresolved(documents, "a.json#/x")
    written(tmp_path, "api/b.json", {})
    assert documents.resolve({"$ref": "b.json"}, documents.at)[0] == {}


def test_the_number_and_the_size_of_all_documents_are_bounded(tmp_path: Path) -> None:
    for index in range(4):
        written(tmp_path, f"api/{index}.json", {"x": "y" * 100})
    few = root_in(tmp_path, DocumentLimits(max_documents=3))
    small = root_in(tmp_path, DocumentLimits(max_total_bytes=250))
    for index in range(2):
        few.resolve({"$ref": f"{index}.json"}, few.at)
    assert "is one of more than 3 documents" in unresolved(few, "2.json")
    small.resolve({"$ref": "0.json"}, small.at)
    assert "makes all documents larger than 250 bytes" in unresolved(small, "2.json")


def test_digests_tell_what_was_read_and_what_was_not_there(tmp_path: Path) -> None:
    written(tmp_path, "api/a.json", {})
    documents = root_in(tmp_path)
    documents.resolve({"$ref": "a.json"}, documents.at)
    unresolved(documents, "later.json")
    assert documents.files["later.json"] == ABSENT
    root = tmp_path / "api/api.json"
    assert digests_beside(root, documents.files) == documents.files
    written(tmp_path, "api/a.json", {"changed": True})
    assert digests_beside(root, documents.files) != documents.files


def test_a_schema_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    written(tmp_path, "pet.yaml", "type: object\nproperties: {self: {$ref: '#'}}\n")
    documents = with_schemas(tmp_path, {"Pet": {"$ref": "pet.yaml"}})
    pet, at = documents.resolve(documents.root["components"]["schemas"]["Pet"], documents.at)
    assert documents.resolve(pet["properties"]["self"], at / "properties" / "self") == (pet, at)
