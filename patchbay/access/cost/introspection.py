"""How long the lists of introspection are at most: as long as the longest of this schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import is_abstract_type, is_enum_type, is_input_object_type, is_interface_type, is_object_type

from patchbay.lengths import Length

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import GraphQLSchema


def introspection_lengths(schema: GraphQLSchema) -> dict[tuple[str, str], Length]:
    """(type, field) -> length, for each list of introspection that holds objects."""
    types = schema.type_map.values()
    with_fields = [each for each in types if is_object_type(each) or is_interface_type(each)]
    fields = [field for each in with_fields for field in each.fields.values()]
    sizes = {
        ("__Schema", "types"): len(types),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): _most(each.fields for each in with_fields),
        ("__Type", "interfaces"): _most(each.interfaces for each in with_fields),
        ("__Type", "possibleTypes"): _most(
            schema.get_possible_types(each) for each in types if is_abstract_type(each)
        ),
        ("__Type", "enumValues"): _most(each.values for each in types if is_enum_type(each)),
        ("__Type", "inputFields"): _most(each.fields for each in types if is_input_object_type(each)),
        ("__Field", "args"): _most(field.args for field in fields),
        ("__Directive", "args"): _most(directive.args for directive in schema.directives),
    }
    return {place: Length(size) for place, size in sizes.items()}


def _most(collections: Iterable[object]) -> int:
    return max((len(each) for each in collections), default=0)  # type: ignore[arg-type] # lists and dictionaries
