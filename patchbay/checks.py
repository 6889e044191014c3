"""What a graph's declarations can be held to before anything is asked: its types against their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strawberry.types.base import StrawberryObjectDefinition

from patchbay.access.authorization.misplaced import access_problems
from patchbay.access.authorization.rules import rules_of
from patchbay.errors import ConfigurationError
from patchbay.links import LinkField
from patchbay.records import IsRecord, attribute_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import strawberry
    from strawberry.types.field import StrawberryField


def check_graph(schema: strawberry.Schema, upstream_names: Collection[str]) -> None:
    """Compare each type with the record that it is read from, and each link with both its ends.

    A type tells its record by `is_type_of = is_record(...)`. Of a type that does not, only the upstreams of
    its links can be checked.

    Args:
        schema: the graph.
        upstream_names: the upstreams that are opened with it.

    Raises:
        ConfigurationError: with one line per mistake: a plain field or a link's key that the record has no
            attribute for, a link to an upstream that is not there, a link that stands for two edges, a
            directive that would protect nothing or names a policy that is not there.
    """
    definitions = (concrete.definition for concrete in schema.schema_converter.type_map.values())
    problems = [
        problem
        for definition in definitions
        if isinstance(definition, StrawberryObjectDefinition)
        for problem in _problems(definition, upstream_names)
    ]
    problems += access_problems(rules_of(schema._schema))  # noqa: SLF001 - offered under no other name
    if problems:
        # A link that stands for two edges is met at both.
        raise ConfigurationError("\n".join(dict.fromkeys(problems)))


def _problems(definition: StrawberryObjectDefinition, upstream_names: Collection[str]) -> Iterator[str]:
    record = definition.is_type_of.record if isinstance(definition.is_type_of, IsRecord) else None
    for field in definition.fields:
        if isinstance(field, LinkField):
            yield from _link_problems(definition, field, record, upstream_names)
        elif record is not None and field.base_resolver is None and not _has(record, attribute_of(field)):
            yield f"{_edge(definition, field)} is no attribute of {_name(record)}"


def _link_problems(
    definition: StrawberryObjectDefinition,
    link: LinkField,
    record: type | None,
    upstream_names: Collection[str],
) -> Iterator[str]:
    if link.second_edge is not None:
        # Its name is wrong at the first edge, so that nothing else can be said of it.
        yield f"the link of {link.edge} is used again for {link.second_edge}; declare a link for each edge"
        return
    edge = _edge(definition, link)
    if link.by_ids.source not in upstream_names:
        yield f"{edge} reads from '{link.by_ids.source}', which is not among the upstreams"
    for part in link.key:
        if record is not None and not _has(record, part):
            yield f"{edge}: its link's key '{part}' is no attribute of {_name(record)}"


def _has(record: type, path: str) -> bool:
    """Whether the record has a field or a property for the path's first member; the rest is not known."""
    name = path.partition(".")[0]
    return hasattr(record, name) and not callable(getattr(record, name))


def _edge(definition: StrawberryObjectDefinition, field: StrawberryField) -> str:
    return f"{definition.name}.{field.python_name}"


def _name(record: type) -> str:
    """Module and name, as in "shop.Product"."""
    return f"{record.__module__.rpartition('.')[2]}.{record.__name__}"
