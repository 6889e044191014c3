"""Small documents, compiled."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.importing.declared import NOTHING, Declared
from patchbay.importing.documents import open_documents
from patchbay.importing.model import Argument, Model, Operation, Selection
from patchbay.importing.openapi.compile import compile_openapi

if TYPE_CHECKING:
    from patchbay.importing.model import ObjectType

OK = {"200": {"description": "ok"}}
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def compiled(
    paths: Any,
    *,
    selection: Selection | None = None,
    declared: Declared = NOTHING,
    openapi: str = "3.0.3",
    **root: Any,
) -> Model:
    document = {"openapi": openapi, "info": {"title": "Shop", "version": "1"}, "paths": paths, **root}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shop.json"
        file.write_text(json.dumps(document))
        return compile_openapi(open_documents(file), "shop", selection or Selection(), declared)


def answering(schema: Any, status: str = "200", **more: Any) -> dict[str, Any]:
    return {status: {"description": "ok", "content": {"application/json": {"schema": schema}}, **more}}


def of(paths: Any, **root: Any) -> Operation:
    """The only operation of a document."""
    model = compiled(paths, **root)
    assert len(model.operations) == 1, model.problems
    return model.operations[0]


def get(parameters: Any = (), responses: Any = None, **more: Any) -> dict[str, Any]:
    return {"parameters": list(parameters), "responses": OK if responses is None else responses, **more}


def query(name: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or TEXT, **more}


def listing(schema: Any, *parameters: Any, **more: Any) -> Operation:
    """GET /orders with these parameters, answering this."""
    return of({"/orders": {"get": get(parameters, answering(schema), **more)}})


def argument(operation: Operation, name: str) -> Argument:
    found = {each.name: each for each in operation.arguments}
    assert name in found, sorted(found)
    return found[name]


def shape(model: Model, name: str) -> ObjectType:
    found: Any = model.types[name]
    return found  # type: ignore[no-any-return]


def thing(*members: str, **more: Any) -> dict[str, Any]:
    """An object schema with texts."""
    return {"type": "object", "title": "Order", "properties": dict.fromkeys(members, TEXT) | more}


def rows(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}
