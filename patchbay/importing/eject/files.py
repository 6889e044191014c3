"""The files of an ejected upstream, as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from patchbay.importing.eject.adapter import Adapter
from patchbay.importing.eject.annotations import Annotations
from patchbay.importing.eject.links import own_links
from patchbay.importing.eject.names import Names
from patchbay.importing.eject.reach import answered
from patchbay.importing.eject.resolvers import Resolvers
from patchbay.importing.eject.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.eject.imports import Imports
    from patchbay.importing.model import Model


def files_of(
    model: Model, location: str, options: Mapping[str, object], credentials: object = None
) -> tuple[dict[str, str], list[str]]:
    """Path in the project -> text; and the classes with fields of Query and Mutation.

    Args:
        model: with the names that it has in the graph (patchbay.importing.eject.edited).
        location: of its description.
        options: of its calls; see CallOptions.
        credentials: as patchbay.toml said them; None for what the model says.
    """
    names = Names(model)
    annotations = Annotations(model, names)
    shown = answered(model)
    adapter = Adapter(model, names, annotations, location, options, credentials)
    adapter_blocks = adapter.blocks()
    resolvers = Resolvers(shown, names, annotations, adapter.operations)
    links = list(own_links(shown, names, annotations, adapter.operations, resolvers.imports))
    fields: dict[str, list[str]] = {}
    for link in links:
        fields.setdefault(link.type, []).append(f"{link.field} = resolve.{link.name}")
    schema = Schema(shown, names, annotations, adapter.operations, fields)
    schema_blocks = schema.text()
    if links:
        schema.imports.add("resolvers", model.name, "resolve")
    resolver_blocks = [
        *resolvers.text(),
        *([[line for each in links for line in each.lines]] if links else []),
    ]
    what = model.title or model.name
    files = {
        f"adapters/{model.name}.py": _file(adapter.docstring(), adapter.imports, adapter_blocks),
        f"resolvers/{model.name}.py": _file(
            [f'"""{_plain(what)}: how it is read and changed."""'], resolvers.imports, resolver_blocks
        ),
        f"schema/{model.name}.py": _file(
            [f'"""{_plain(what)}: its types, and its fields of the graph."""'], schema.imports, schema_blocks
        ),
    }
    if model.kind == "soap":
        content = msgspec.json.encode(replace(model, problems=(), description=None), order="deterministic")
        files[f"adapters/{model.name}.model.json"] = msgspec.json.format(content, indent=1).decode() + "\n"
    return files, [schema.root_class(root) for root in schema.roots()]


def _file(docstring: Sequence[str], imports: Imports, blocks: Sequence[Sequence[str]]) -> str:
    """A module: two empty lines around definitions, one line's distance between statements."""
    lines = [*docstring, "", *imports.lines()]
    was_definition = False
    for index, block in enumerate(blocks):
        is_definition = block[0].startswith(("class ", "@", "async def ", "def "))
        lines += [""] if index == 0 and not is_definition else ["", ""]
        if index and not is_definition and not was_definition:
            lines.pop()
        lines += block
        was_definition = is_definition
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    plain = " ".join(text.replace("\\", "/").replace('"', "'").split())
    return plain if len(plain) <= 60 else f"{plain[:59]}…"  # noqa: PLR2004 - plain where it stands
