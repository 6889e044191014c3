from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.model import InputType, Member, Named
from tests.importing.openapi.types.mapping import Document, ref

if TYPE_CHECKING:
    from pathlib import Path

TEXT = {"type": "string"}


def animal(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"kind": TEXT, **members}, "required": ["kind"]}


def test_a_mapping_by_reference_by_name_and_none_at_all(tmp_path: Path) -> None:
    pets = {
        "oneOf": [ref("Cat"), ref("Dog"), ref("Fox")],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {
                "a-cat": "#/components/schemas/Cat",
                "tom": "#/components/schemas/Cat",
                "a-dog": "Dog",
            },
        },
    }
    document = Document(
        tmp_path, {"Cat": animal(a=TEXT), "Dog": animal(b=TEXT), "Fox": animal(c=TEXT), "Pet": pets}
    )
    document.output("Pet")
    assert document.union("Pet").discriminator == "kind"
    assert document.union("Pet").members == (
        Member("Cat", ("a-cat", "tom")),
        Member("Dog", ("a-dog",)),
        Member("Fox", ("Fox",)),
    )


def test_the_children_of_a_base_stand_in_its_place(tmp_path: Path) -> None:
    base = {**animal(), "discriminator": {"propertyName": "kind", "mapping": {"dog": "Dog"}}}
    schemas = {
        "Pet": base,
        "Cat": {"allOf": [ref("Pet"), {"properties": {"hunts": {"type": "boolean"}}}]},
        "Dog": {"allOf": [ref("Pet"), {"properties": {"barks": {"type": "boolean"}}}]},
        "Puppy": {"allOf": [ref("Dog"), {"properties": {"weeks": {"type": "integer"}}}]},
        "Home": {"properties": {"pet": ref("Pet"), "cat": ref("Cat")}},
    }
    document = Document(tmp_path, schemas)
    document.output("Home")
    assert document.fields("Home") == {"pet": "Pet", "cat": "Cat"}
    assert document.union("Pet").members == (
        Member("PetBase", ("Pet",)),
        Member("Cat", ("Cat",)),
        Member("Dog", ("dog",)),
        Member("Puppy", ("Puppy",)),
    )
    assert document.fields("Puppy") == {"kind": "String!", "barks": "Boolean", "weeks": "SafeInt"}


def test_swagger_tells_the_member_alone(tmp_path: Path) -> None:
    pet = {"$ref": "#/definitions/Pet"}
    schemas = {
        "Pet": {**animal(), "discriminator": "kind"},
        "Cat": {"allOf": [pet, {"properties": {"hunts": {"type": "boolean"}}}]},
        "Home": {"properties": {"pet": pet}},
    }
    document = Document(tmp_path, schemas, "2.0")
    document.output("Home")
    assert document.union("Pet").discriminator == "kind"
    assert document.shown("Pet") == "PetBase | Cat"


def test_a_base_that_lists_its_children(tmp_path: Path) -> None:
    base = {**animal(), "discriminator": {"propertyName": "kind"}, "oneOf": [ref("Cat"), ref("Dog")]}
    schemas = {
        "Pet": base,
        "Cat": {"allOf": [ref("Pet"), {"properties": {"hunts": {"type": "boolean"}}}]},
        "Dog": {"allOf": [ref("Pet"), {"properties": {"barks": {"type": "boolean"}}}]},
    }
    document = Document(tmp_path, schemas)
    document.output("Pet")
    assert document.shown("Pet") == "Cat | Dog"
    assert document.fields("Cat") == {"kind": "String!", "hunts": "Boolean"}


def test_values_that_no_two_share_tell_without_being_declared_to(tmp_path: Path) -> None:
    def one(value: str) -> dict[str, Any]:
        return {"properties": {"object": {"type": "string", "enum": [value]}, value: TEXT}}

    document = Document(
        tmp_path, {"Card": one("card"), "Bank": one("bank"), "A": {"anyOf": [ref("Card"), ref("Bank")]}}
    )
    document.output("A")
    assert document.union("A").discriminator == "object"
    assert document.union("A").members == (Member("Card", ("card",)), Member("Bank", ("bank",)))
    assert document.fields("Card") == {"object": "String", "card": "String"}


def test_requests_need_not_say_what_the_choice_says(tmp_path: Path) -> None:
    pets = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}
    schemas = {"Cat": animal(a=TEXT), "Dog": animal(b=TEXT), "Pet": pets}
    document = Document(tmp_path, schemas)
    document.input("Cat")
    assert document.fields("CatInput")["kind"] == "String!"
    assert document.input("Pet") == Named("PetInput")
    kind = document.types.model_types["PetInput"]
    assert isinstance(kind, InputType)
    assert [field.tag for field in kind.fields] == [("kind", "Cat"), ("kind", "Dog")]
    assert document.fields("CatInput")["kind"] == "String"


def test_alternatives_are_told_by_the_discriminator_of_their_base(tmp_path: Path) -> None:
    schemas = {
        "Pet": {**animal(), "discriminator": {"propertyName": "kind"}},
        "Cat": {"allOf": [ref("Pet"), {"properties": {"hunts": {"type": "boolean"}}}]},
        "Dog": {"allOf": [ref("Pet"), {"properties": {"barks": {"type": "boolean"}}}]},
        "Two": {"oneOf": [ref("Cat"), ref("Dog")]},
    }
    document = Document(tmp_path, schemas)
    document.output("Two")
    assert document.union("Two").discriminator == "kind"
    assert document.union("Two").members == (Member("Cat", ("Cat",)), Member("Dog", ("Dog",)))
