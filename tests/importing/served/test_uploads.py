"""Files from a client, through an imported operation, to an upstream that looks at each byte."""

from __future__ import annotations

import email
import email.policy
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import strawberry
from strawberry.file_uploads import Upload as StrawberryUpload
from strawberry.schema.config import StrawberryConfig

from patchbay.importing.build import Part, beside_python, build_graph
from patchbay.importing.compile import REST, Description, compile_offline
from patchbay.importing.rest import ImportedRest, multipart
from patchbay.scalars import SCALARS
from patchbay.server import GraphSchema, Settings, create_app
from patchbay.uploads import UploadedFile
from tests.patchbay.wire import Request, Wire, answering, json_reply
from tests.server.uploading import Uploading, form, part, posting

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = """
openapi: 3.1.0
info: {title: Files, version: "1"}
paths:
  /photos:
    post:
      operationId: addPhoto
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo]
              properties:
                title: {type: string}
                photo: {type: string, format: binary}
                more: {type: array, items: {type: string, format: binary}}
      responses: {"200": {$ref: "#/components/responses/Ok"}}
  /raw/{name}:
    put:
      operationId: putRaw
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content: {application/octet-stream: {schema: {type: string, format: binary}}}
      responses: {"200": {$ref: "#/components/responses/Ok"}}
components:
  responses:
    Ok:
      description: ok
      content:
        application/json:
          schema: {type: object, title: Ok, required: [size], properties: {size: {type: integer}}}
"""


def received(request: Request) -> list[tuple[str, str | None, str, bytes]]:
    """The parts of a body as (name, file's name, type, content)."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    return [
        (
            str(each.get_param("name", header="content-disposition")),
            each.get_filename(),
            each.get_content_type(),
            bytes(each.get_payload(decode=True)),
        )
        for each in message.iter_parts()
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Uploading]:
    folder = tmp_path_factory.mktemp("imported")
    (folder / "files.yaml").write_text(DOCUMENT)
    model = compile_offline(Description("files", REST, str(folder / "files.yaml")))
    upstream = ImportedRest(model)
    schema = build_graph([Part(model, upstream)]).schema
    async with Wire(answering(lambda request: json_reply({"size": len(request.body)}))) as wire:
        settings = Settings.read(
            {"PATCHBAY_DATABASE": str(folder / "inbox.sqlite3"), "PATCHBAY_UPLOADS": "true"}
        )
        environment = {"FILES_URL": wire.url}
        app = create_app(upstreams=(upstream,), schema=schema, settings=settings, environment=environment)
        async with posting(app, wire) as server:
            yield server


async def test_a_form_reaches_the_upstream_as_a_form(server: Uploading) -> None:
    content = os.urandom(300_000)
    query = "mutation($input: AddPhotoInput!) { addPhoto(input: $input) { size } }"
    variables = {"input": {"title": "Größe", "photo": None, "more": [None, None]}}
    places = {"a": ["variables.input.photo", "variables.input.more.1"], "b": ["variables.input.more.0"]}
    files = [part("a", content, 'größe "1".jpg', "image/jpeg"), part("b", b"", "empty")]
    answer = await server.post(form(query, variables, places, *files))
    assert answer.json()["data"]["addPhoto"]["size"] > 600_000
    parts = received(server.wire.requests[-1])
    assert [(name, type, content) for name, _, type, content in parts] == [
        ("title", "text/plain", "Größe".encode()),
        ("photo", "image/jpeg", content),
        ("more", "application/octet-stream", b""),
        ("more", "image/jpeg", content),
    ]


async def test_bytes_reach_the_upstream_as_they_are(server: Uploading) -> None:
    content = os.urandom(1024 * 1024)
    query = 'mutation($file: Upload!) { putRaw(name: "x", file: $file) { size } }'
    file = part("0", content, "x.bin", "image/png")
    answer = await server.post(form(query, {"file": None}, {"0": ["variables.file"]}, file))
    assert answer.json() == {"data": {"putRaw": {"size": len(content)}}}
    request = server.wire.requests[-1]
    assert (request.body, request.headers["content-type"]) == (content, "application/octet-stream")


async def test_an_imported_upload_still_takes_texts_and_base64(server: Uploading) -> None:
    for literal, content in (('"text"', b"text"), ('{name: "a", base64: "AP8="}', b"\0\xff")):
        query = f'mutation {{ putRaw(name: "x", file: {literal}) {{ size }} }}'
        answer = await server.client.post(server.url, json={"query": query})
        assert answer.json() == {"data": {"putRaw": {"size": len(content)}}}
        assert server.wire.requests[-1].body == content


async def test_operations_that_were_written_by_hand_send_files_as_well() -> None:
    file = UploadedFile("a.png", "image/png", b"\0\xff")
    body, boundary = multipart.write({"photo": file, "more": [file]}, {})
    head = {"content-type": f"multipart/form-data; boundary={boundary}"}
    parts = received(Request("POST", "/", head, body))
    assert parts == [(name, "a.png", "image/png", b"\0\xff") for name in ("photo", "more")]


async def test_one_scalar_serves_hand_written_fields_beside_imported_ones(tmp_path: Path) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def measure(self, mine: UploadedFile, strawberrys: StrawberryUpload) -> list[int]:
            return [mine.size, len(strawberrys.content)]  # type: ignore[attr-defined]

    (tmp_path / "files.yaml").write_text(DOCUMENT)
    model = compile_offline(Description("files", REST, str(tmp_path / "files.yaml")))
    imported = build_graph([Part(model, ImportedRest(model))]).schema
    mutation = imported.mutation
    config = StrawberryConfig(scalar_map={**SCALARS, **beside_python()})
    schema = GraphSchema(query=Query, mutation=mutation, config=config)
    files = {"a": UploadedFile("", "", b"a"), "b": UploadedFile("", "", b"bc")}
    query = "query($a: Upload!, $b: Upload!) { measure(mine: $a, strawberrys: $b) }"
    result = await schema.execute(query, variable_values=files)
    assert (result.data, result.errors) == ({"measure": [1, 2]}, None)
