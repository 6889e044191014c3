"""Forms that are none: each is refused with one readable message, and none breaks the server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchbay.server.refusals import Refusal
from patchbay.server.transports.form_parts import FormReader, Head
from patchbay.server.transports.uploads import Place, Room
from tests.server.uploading import BOUNDARY, DESCRIBE, END, FORM, Uploading, form, one, part, uploading

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAP = '{"0": ["variables.file"]}'
OPERATIONS = json.dumps({"query": DESCRIBE, "variables": {"file": None}})
FILE = part("0", "text", "a.txt")


def given_map(value: Any, *files: bytes, variables: Any = None) -> bytes:
    """A request with this map, whatever it is."""
    return form(DESCRIBE, variables or {"file": None, "files": [None]}, value, *(files or (FILE,)))


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + END


FORMS: dict[str, bytes] = {
    "nothing": b"",
    "no form": b"{}",
    "no parts": END,
    "another boundary": one().replace(BOUNDARY.encode(), b"other"),
    "no last boundary": one()[: -len(END)],
    "cut in a file": one()[:-100],
    "cut in a head": one()[:60],
    "a line end of another kind": one().replace(b"\r\n", b"\n"),
    "no operations": whole(part("map", MAP), FILE),
    "no map": whole(part("operations", OPERATIONS)),
    "no map and a file": whole(part("operations", OPERATIONS), FILE),
    "map before operations": whole(part("map", MAP), part("operations", OPERATIONS), FILE),
    "files before map": whole(part("operations", OPERATIONS), FILE, part("map", MAP)),
    "operations twice": whole(part("operations", OPERATIONS), part("operations", OPERATIONS)),
    "operations that are no JSON": whole(part("operations", "{"), part("map", MAP), FILE),
    "operations that are no object": whole(part("operations", "7"), part("map", MAP), FILE),
    "operations that are a batch": whole(part("operations", f"[{OPERATIONS}]"), part("map", MAP), FILE),
    "operations in UTF-16": whole(part("operations", OPERATIONS.encode("utf-16")), part("map", MAP), FILE),
    "empty operations": whole(part("operations", ""), part("map", MAP), FILE),
    "a map that is no JSON": whole(part("operations", OPERATIONS), part("map", "{"), FILE),
    "a map that is a list": given_map([["variables.file"]]),
    "a map of texts": given_map({"0": "variables.file"}),
    "a map of numbers": given_map({"0": [0]}),
    "a map of nothing": given_map({"0": []}),
    "a path of nothing": given_map({"0": [""]}),
    "a path to all variables": given_map({"0": ["variables"]}),
    "a path elsewhere": given_map({"0": ["query"]}),
    "a path into a batch": given_map({"0": ["0.variables.file"]}),
    "a path to no variable": given_map({"0": ["variables.other"]}),
    "a path into null": given_map({"0": ["variables.file.deep"]}),
    "a path behind a list": given_map({"0": ["variables.files.1"]}),
    "a path before a list": given_map({"0": ["variables.files.-1"]}),
    "a path into a list by name": given_map({"0": ["variables.files.x"]}),
    "a path of other digits": given_map({"0": ["variables.files.\u0660"]}),
    "a path into a text": given_map({"0": ["variables.file.0"]}, variables={"file": "text"}),
    "a path to what is not null": given_map({"0": ["variables.file"]}, variables={"file": "text"}),
    "a path twice": given_map({"0": ["variables.file", "variables.file"]}),
    "a path of two files": given_map({"0": ["variables.file"], "1": ["variables.file"]}),
    "variables that are null": form(DESCRIBE, None, {"0": ["variables.file"]}, FILE),
    "a file that does not come": given_map({"0": ["variables.file"], "1": ["variables.files.0"]}),
    "a file that no map names": given_map({"0": ["variables.file"]}, FILE, part("1", "text", "b.txt")),
    "a file twice": given_map({"0": ["variables.file"]}, FILE, FILE),
    "a text in place of a file": given_map({"0": ["variables.file"]}, part("0", "text")),
    "a text that no map names": given_map({"0": ["variables.file"]}, FILE, part("note", "x" * 300_000)),
    "a part without a name": one().replace(b'; name="0"', b""),
    "a part that is an attachment": one().replace(b"form-data; name", b"attachment; name"),
    "a part without a head": one().replace(b'Content-Disposition: form-data; name="0"; f', b"A: f"),
    "a name that is no UTF-8": one().replace(b'name="0"', b'name="\xff"'),
    "a name of 300 characters": one().replace(b'name="0"', b'name="' + b"n" * 300 + b'"'),
    "a type of 300 characters": one(type="t/" + "t" * 300),
    "a header of 3,000 bytes": one(filename="n" * 3000),
    "20 headers": one(type="a/b" + "".join(f"\r\nX-{each}: x" for each in range(20))),
    "a header twice": one(type="a/b\r\nContent-Type: c/d"),
    "a header without a name": one(type="a/b\r\n: x"),
    "base64": one(type="a/b\r\nContent-Transfer-Encoding: base64"),
    "megabytes of headers": one(type="a/b\r\nX: " + "x" * 2_000_000),
}  # fmt: skip

TYPES = {
    "no boundary": "multipart/form-data",
    "an empty boundary": "multipart/form-data; boundary=",
    "a long boundary": f"multipart/form-data; boundary={'b' * 5000}",
    "a boundary behind much else": f"multipart/form-data{';a=b' * 3000}; boundary={BOUNDARY}",
    "many quotes": "multipart/form-data; boundary=" + ";" * 9000 + '"' * 9001,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Uploading]:
    async with uploading(tmp_path_factory.mktemp("forms"), PATCHBAY_UPLOADS="true") as server:
        yield server


@pytest.mark.parametrize("name", FORMS)
async def test_a_malformed_form_is_a_400(server: Uploading, name: str) -> None:
    answer = await server.post(FORMS[name])
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert 5 < len(error["message"]) < 200


@pytest.mark.parametrize("name", TYPES)
async def test_a_form_without_a_boundary_is_a_400(server: Uploading, name: str) -> None:
    answer = await server.post(one(), {**FORM, "Content-Type": TYPES[name]})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "type",
    [
        "multipart/mixed; boundary=b",
        "multipart/form-data2; boundary=b",
        "application/x-www-form-urlencoded",
        "",
    ],
)
async def test_other_types_are_not_taken(server: Uploading, type: str) -> None:
    answer = await server.post(one(), {**FORM, "Content-Type": type})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["errors"][0]["message"]


async def test_encoded_forms_are_not_taken(server: Uploading) -> None:
    answer = await server.post(one(), {**FORM, "Content-Encoding": "gzip"})
    assert answer.status_code == 415


async def test_the_server_is_as_it_was_behind_all_of_them(server: Uploading) -> None:
    for name in ("cut in a file", "a file twice", "no last boundary"):
        await server.post(FORMS[name])
    assert (await server.post(one())).json()["data"]["describe"]["size"] == 4


class _Sink:
    """Notes what a form has told."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.content = bytearray()

    def begin(self, head: Head) -> None:
        self.heads.append(head)

    def take(self, data: memoryview) -> None:
        self.content += data

    def end(self) -> None:
        pass


@given(
    cuts=st.lists(st.integers(0, 400), max_size=4),
    flips=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=4),
    step=st.integers(1, 50),
)
@settings(max_examples=300, deadline=None)
async def test_mutated_forms_are_read_or_refused(
    cuts: list[int], flips: list[tuple[int, bytes]], step: int
) -> None:
    body = bytearray(one())
    for at, put in flips:
        body[at : at + len(put)] = put
    for at in cuts:
        del body[at : at + 3]
    sink = _Sink()
    statuses = [400]
    reader = FormReader(FORM["Content-Type"], sink)
    try:
        for start in range(0, len(body), step):
            await reader.feed(bytes(body[start : start + step]))
        reader.close()
    except Refusal as told:
        statuses.append(told.status)
    assert set(statuses) == {400}
    assert len(sink.content) <= len(body)


@given(
    at=st.integers(0, 560),
    gone=st.integers(0, 40),
    put=st.binary(max_size=8) | st.sampled_from([END, FILE, b"\r\n"]),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_form_breaks_the_server(server: Uploading, at: int, gone: int, put: bytes) -> None:
    body = one()
    answer = await server.post(body[:at] + put + body[at + gone :])
    assert answer.status_code < 500
    assert answer.status_code in (200, 400, 413)
    assert answer.json()


async def test_requests_share_a_room_and_leave_it() -> None:
    room = Room(100)
    first, second = Place(room), Place(room)
    first.add(60)
    with pytest.raises(Refusal) as refused:
        second.add(50)
    assert (refused.value.status, room.taken) == (503, 60)
    first.leave()
    first.leave()
    third = Place(room)
    third.add(50)
    assert room.taken == 50
    del third
    assert room.taken == 0
