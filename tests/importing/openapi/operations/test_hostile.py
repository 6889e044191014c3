"""Documents are whatever somebody wrote: nothing in them ends the import."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchbay.importing.documents import open_documents
from patchbay.importing.documents.documents import Documents
from patchbay.importing.model import Selection, Severity, decode_model, encode_model
from patchbay.importing.openapi.compile import compile_openapi
from tests.importing.openapi.operations.described import answering, compiled

if TYPE_CHECKING:
    from pathlib import Path

    from patchbay.importing.documents.location import Location

WORDS = tuple(
    word
    for line in (
        "get post parameters responses requestBody content schema in name query path header cookie 200",
        "default application/json multipart/form-data type object array string properties items $ref",
        "required links operationId tags security servers url variables style explode encoding headers",
        "Link enum description oneOf allOf limit offset ids x-a {id}",
    )
    for word in line.split()
)

leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.sampled_from(WORDS)
trees = st.recursive(
    leaves,
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(WORDS), children, max_size=4)
    ),
    max_leaves=25,
)


def mixed(known: Any) -> Any:
    """What belongs there, or anything."""
    return st.one_of(known, known, known, trees)


schemas = mixed(
    st.fixed_dictionaries({}, optional={"type": trees, "properties": trees, "items": trees, "enum": trees})
)
media = mixed(
    st.dictionaries(st.sampled_from(WORDS), mixed(st.fixed_dictionaries({"schema": schemas})), max_size=2)
)
parameters = mixed(
    st.lists(
        mixed(
            st.fixed_dictionaries(
                {
                    "name": mixed(st.text(max_size=5)),
                    "in": st.sampled_from(["path", "query", "header", "cookie"]),
                },
                optional={"schema": schemas, "content": media, "style": trees, "required": trees},
            )
        ),
        max_size=3,
    )
)
responses = mixed(
    st.dictionaries(
        st.sampled_from(["200", "201", "204", "302", "404", "default", "2XX", "junk"]),
        mixed(st.fixed_dictionaries({}, optional={"content": media, "headers": trees, "links": trees})),
        max_size=3,
    )
)
operations = mixed(
    st.fixed_dictionaries(
        {"responses": responses},
        optional={
            "operationId": mixed(st.text(max_size=12)),
            "parameters": parameters,
            "requestBody": mixed(st.fixed_dictionaries({"content": media})),
            "tags": trees,
            "security": trees,
            "servers": trees,
            "deprecated": trees,
            "callbacks": trees,
        },
    )
)
items = mixed(
    st.dictionaries(st.sampled_from(["get", "post", "head", "parameters", "servers"]), operations, max_size=3)
)
paths = mixed(
    st.dictionaries(mixed(st.text(max_size=10)).map(lambda text: f"/{text}/{{id}}"), items, max_size=3)
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    paths,
    st.dictionaries(st.sampled_from(["servers", "security", "components", "webhooks"]), trees, max_size=2),
)
def test_no_document_ends_the_import(paths: Any, root: Any) -> None:
    model = compiled(paths, **root)
    assert decode_model(encode_model(model)) == model
    assert len({operation.name for operation in model.operations}) == len(model.operations)
    assert not [problem for problem in model.problems if "cannot be mapped" in problem.reason]


class Breaking(Documents):
    """A document of which one part cannot be had, for a reason that nobody has thought of."""

    def resolve(self, node: Any, base: Location) -> tuple[Any, Location]:
        if "~1jobs/get/responses" in base.pointer:
            raise KeyError("secret")
        return super().resolve(node, base)


def test_an_operation_that_breaks_the_mapping_is_left_out_and_named(tmp_path: Path) -> None:
    paths = {name: {"get": {"responses": answering({"type": "string"})}} for name in ("/orders", "/jobs")}
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {}, "paths": paths}))
    documents = open_documents(file)
    documents.__class__ = Breaking
    model = compile_openapi(documents, "shop", Selection())
    assert [operation.name for operation in model.operations] == ["orders"]
    assert [(problem.severity, problem.at, problem.reason) for problem in model.problems] == [
        (Severity.LEFT_OUT, "/paths/~1jobs/get", "cannot be mapped (KeyError)")
    ]
