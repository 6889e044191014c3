"""Operations with files: what resolvers get of them, who may send them, and what is refused on the way."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from strawberry.schema.config import StrawberryConfig

from patchbay.scalars import SCALARS
from patchbay.server import GraphSchema
from patchbay.server.csrf import FORM_ADVICE
from patchbay.uploads import UploadedFile
from tests.server.things import Query, asking
from tests.server.uploading import (
    BOUNDARY,
    DESCRIBE,
    FORM,
    Uploading,
    form,
    one,
    part,
    uploading,
)

ON = {"PATCHBAY_UPLOADS": "true"}
JSON = {"Content-Type": "application/json"}
CHROMIUM = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/146.0.0.0"}


def headers(**changed: str | None) -> dict[str, str]:
    """Those of a form, with some changed or left out."""
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    merged = {name: value for name, value in FORM.items() if name.lower() not in named} | named
    return {name: value for name, value in merged.items() if value is not None}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Uploading]:
    async with uploading(tmp_path_factory.mktemp("uploads"), **ON) as server:
        yield server


async def test_forms_are_not_taken_unless_asked_for(tmp_path: Path) -> None:
    async with uploading(tmp_path) as server:
        answer = await server.post(one())
        assert answer.status_code == 415
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


async def test_a_file_comes_with_its_name_and_without_folders(server: Uploading) -> None:
    for filename, name in {
        "a.txt": "a.txt",
        "übergröße — 東京 🎛.txt": "übergröße — 東京 🎛.txt",
        "": "",
        "../../etc/passwd": "passwd",
        "C:\\Users\\me\\a.txt": "a.txt",
        "a\x01\x7fb.txt": "ab.txt",
        "n" * 400: "n" * 255,
    }.items():
        answer = await server.post(one("text", filename))
        digest = hashlib.sha256(b"text").hexdigest()
        told = {"name": name, "type": "text/plain", "size": 4, "digest": digest}
        assert answer.json() == {"data": {"describe": told}}


async def test_files_of_any_size_come_whole_in_pieces_of_any_size(server: Uploading) -> None:
    # Line ends, hyphens and the beginning of a boundary, so that the parser has something to look at.
    unit = f"\r\n--{BOUNDARY[:-1]}\r\n--\0\xff".encode("latin-1")

    async def pieces(body: bytes, step: int) -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    for size, step in ((0, 1), (1, 1), (5 * 1024 * 1024, 7919)):
        content = (unit * (size // len(unit) + 1))[:size]
        told = (await server.post(pieces(one(content), step))).json()["data"]["describe"]
        assert (told["size"], told["digest"]) == (size, hashlib.sha256(content).hexdigest())


async def test_files_go_into_lists_and_inputs_and_one_may_go_to_two_places(server: Uploading) -> None:
    query = """mutation($files: [Upload]!, $inputs: [Attachment!]!) {
      describeAll(files: $files) { name } attach(inputs: $inputs) { name } }"""
    variables = {"files": [None, None, None], "inputs": [{"file": None, "note": "n"}]}
    # The third stays null, and the files come in another order than the map's.
    places = {"first": ["variables.files.1", "variables.inputs.0.file"], "second": ["variables.files.0"]}
    files = [part("second", "2", "2.txt"), part("first", "1", "1.txt")]
    data = (await server.post(form(query, variables, places, *files))).json()["data"]
    assert data == {
        "describeAll": [{"name": "2.txt"}, {"name": "1.txt"}, None],
        "attach": [{"name": "1.txt"}],
    }


async def test_a_form_without_files_is_an_operation_like_any_other(server: Uploading) -> None:
    answer = await server.post(form('{ thing(id: "T1") { name } }', None, {}))
    assert answer.json() == {"data": {"thing": {"name": "thing T1"}}}


async def test_an_upload_takes_no_text_in_place_of_a_file(server: Uploading) -> None:
    body = {"query": DESCRIBE, "variables": {"file": "text"}}
    answer = await server.client.post(server.url, json=body)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "multipart request" in error["message"]


async def test_a_file_is_for_uploads_alone(server: Uploading) -> None:
    file = part("0", "secret content", "a.txt")
    before = len(server.wire.requests)
    for query, variables, path in (
        ("mutation($v: JSON!) { anything(value: $v) }", {"v": {"deep": [None]}}, "variables.v.deep.0"),
        ("mutation($v: JSON!) { anything(value: $v) }", {"v": None}, "variables.v"),
        ("query($v: String!) { thing(id: $v) { name } }", {"v": None}, "variables.v"),
        ('{ thing(id: "T1") { name } }', {"v": None}, "variables.v"),
    ):
        answer = await server.post(form(query, variables, {"0": [path]}, file))
        assert answer.status_code in (200, 400)
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", query
        assert "secret" not in answer.text
    assert len(server.wire.requests) == before


async def test_a_form_that_a_foreign_page_could_have_sent_is_refused(server: Uploading) -> None:
    answer = await server.post(one(), headers(graphql_require_preflight=None) | CHROMIUM)
    assert answer.status_code == 403
    (error,) = answer.json()["errors"]
    assert error == {"message": FORM_ADVICE, "extensions": {"code": "PREFLIGHT_REQUIRED"}}


async def test_without_the_guard_any_page_may_send_forms(tmp_path: Path) -> None:
    async with uploading(tmp_path, **ON, PATCHBAY_CSRF_GUARD="false") as server:
        answer = await server.post(one(), headers(graphql_require_preflight=None) | CHROMIUM)
        assert answer.json()["data"]["describe"]["size"] == 4


async def test_who_asks_is_looked_at_before_the_files(tmp_path: Path) -> None:
    async with uploading(tmp_path, **ON, PATCHBAY_ANONYMOUS="false", PATCHBAY_API_KEYS="true") as server:
        # The form is none at all, and nobody has looked.
        answer = await server.post(b"x" * 100_000)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
            401,
            "UNAUTHENTICATED",
        )


async def test_what_the_client_may_not_ask_for_reaches_no_upstream(server: Uploading) -> None:
    query = "mutation($file: Upload!) { put(file: $file) { id } }"
    file = part("0", "text", "T1")
    before = len(server.wire.requests)
    answer = await server.post(form(query, {"file": None}, {"0": ["variables.file"]}, file))
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert len(server.wire.requests) == before


async def test_forms_count_for_rates(tmp_path: Path) -> None:
    async with uploading(tmp_path, **ON, PATCHBAY_RATE_PER_ADDRESS="1") as server:
        statuses = [(await server.post(one())).status_code for _ in range(12)]
        assert statuses[0] == 200
        assert statuses[-1] == 429


async def test_forms_are_held_to_limits_and_trusted_documents(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"typename": "{ __typename }"}')
    only = {"PATCHBAY_TRUSTED_DOCUMENTS": str(manifest), "PATCHBAY_TRUSTED_ONLY": "true"}
    for variables, code in (
        (only, "DOCUMENT_NOT_TRUSTED"),
        ({"PATCHBAY_MAX_DEPTH": "1"}, "OPERATION_LIMIT_EXCEEDED"),
        ({"PATCHBAY_MAX_TOKENS": "10"}, "OPERATION_LIMIT_EXCEEDED"),
    ):
        async with uploading(tmp_path, **ON, **variables) as server:
            (error,) = (await server.post(one())).json()["errors"]
            assert error["extensions"]["code"] == code


async def test_answers_to_files_are_not_kept_and_not_shared(server: Uploading) -> None:
    query = "query($file: Upload!) { measure(file: $file) }"

    def body(content: str) -> bytes:
        return form(query, {"file": None}, {"0": ["variables.file"]}, part("0", content, "a"))

    answers = await asyncio.gather(*(server.post(body("x" * size)) for size in range(1, 9)))
    assert [answer.json()["data"]["measure"] for answer in answers] == list(range(1, 9))
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_an_operation_with_files_can_be_told_by_events(server: Uploading) -> None:
    answer = await server.post(one(), headers(accept="text/event-stream"))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert '"size":4' in answer.text


async def test_batches_and_event_streams_take_no_files(tmp_path: Path) -> None:
    async with uploading(tmp_path, **ON, PATCHBAY_MAX_BATCH="5") as server:
        batch = part("operations", "[]") + part("map", "{}") + f"--{BOUNDARY}--\r\n".encode()
        answer = await server.post(batch)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
            400,
            "batches of operations are not taken together with files",
        )
        answer = await server.post(one(), headers(x_graphql_event_stream_token="t"))
        assert answer.status_code == 400


async def test_a_request_over_a_cap_is_a_413_that_its_client_reads(tmp_path: Path) -> None:
    caps = {"PATCHBAY_MAX_UPLOAD_BYTES": "65536", "PATCHBAY_MAX_UPLOAD_FILES": "2"}
    async with uploading(tmp_path, **ON, **caps, PATCHBAY_MAX_OPERATION_BYTES="2048") as server:

        async def undeclared() -> AsyncIterator[bytes]:
            body = one(b"x" * 2_000_000)
            for start in range(0, len(body), 50_000):
                yield body[start : start + 50_000]

        three = {str(each): [f"variables.file{each}"] for each in range(3)}
        bodies: dict[str, Any] = {
            "declared": one(b"x" * 2_000_000),
            "in pieces": undeclared(),
            "files": form(DESCRIBE, {"file": None}, three),
            "operations": form(DESCRIBE + " " * 3000, {"file": None}, {}),
            "map": form(DESCRIBE, {"file": None}, {"0": ["variables." + "x" * 3000]}),
        }
        for name, body in bodies.items():
            answer = await server.post(body)
            assert answer.status_code == 413, name
            assert answer.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
        assert (await server.post(one(b"x" * 60_000))).json()["data"]["describe"]["size"] == 60_000


async def test_no_request_leaves_anything_in_memory(server: Uploading) -> None:
    uploads = server.graphql.uploads
    assert uploads is not None

    async def until(*, is_free: bool) -> None:
        async with asyncio.timeout(2):
            while (uploads.room.taken == 0) is not is_free:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)

    content = b"x" * 100_000
    await server.post(one(content))
    await until(is_free=True)
    await server.post(one(content), headers(accept="text/event-stream"))
    await until(is_free=True)
    await server.post(form("{ nothing }", {"f": None}, {"0": ["variables.f"]}, part("0", content, "a")))
    await until(is_free=True)
    # A client that goes away in the middle of a file.
    head = "\r\n".join(f"{name}: {value}" for name, value in FORM.items())
    request = f"POST /graphql HTTP/1.1\r\nHost: x\r\n{head}\r\nContent-Length: 100000\r\n\r\n".encode()
    port = int(server.url.split(":")[2].split("/")[0])
    async with asking(port, request + one(content)[:50_000]):
        await until(is_free=False)
    await until(is_free=True)


async def test_json_keeps_its_own_cap(server: Uploading) -> None:
    body = b'{"query": "{ __typename }", "variables": {"a": "' + b"x" * 2_000_000 + b'"}}'
    answer = await server.post(body, JSON)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        413,
        "PAYLOAD_TOO_LARGE",
    )


async def test_nothing_of_a_file_stands_in_an_error_or_a_log(server: Uploading, capfd: Any) -> None:
    # A resolver of a text gets the file's name at the most, and only behind a check of its own.
    assert re.fullmatch(r"<UploadedFile of \d bytes>", repr(UploadedFile("n", "t", b"secret")))
    await server.post(one("secret content", "secret.txt"))
    out, err = capfd.readouterr()
    assert "secret" not in out + err


async def test_a_schema_without_files_has_no_scalar_for_them() -> None:
    made = GraphSchema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
    assert "Upload" not in made.graphql_schema.type_map
