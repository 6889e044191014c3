from __future__ import annotations

import re
from typing import Any

import pytest

from patchbay.errors import (
    ConfigurationError,
    InputError,
    SoapFault,
    UpstreamBadData,
    UpstreamError,
    UpstreamMisconfigured,
)
from patchbay.loading import load
from patchbay.scope import Scope, enter_scope
from tests.soap.documents import PLACE, fault
from tests.soap.rows import Put, Row, Rows
from tests.soap.service import Answer, Asked, Service, answered, row

DONE = f'<PutRowResponse xmlns="{PLACE}"><Total>%s</Total></PutRowResponse>'


async def loaded(upstream: Rows, service: Service, count: int) -> Scope:
    """An operation's scope in which row "a" was loaded, with this count."""
    service.reply(answered(row("a", count)))
    enter_scope(scope := Scope())
    assert await load(upstream.by_ids, "a") == Row("a", count)
    return scope


async def test_a_write_is_made_once_and_answers_a_record(service: Service, rows: Rows) -> None:
    service.reply(DONE % 7)
    assert (rows.put.name, rows.put.source) == ("PutRow", "rows")
    assert await rows.put(Id="ü<&>", Count=2) == Put(7)
    (post,) = service.posts
    assert b"<ns0:Count>2</ns0:Count>" in post.body
    assert post.headers["soapaction"] == f'"{PLACE}:PutRow"'


async def test_what_was_loaded_is_forgotten(service: Service, rows: Rows) -> None:
    scope = await loaded(rows, service, 1)
    service.reply(DONE % 1)
    await rows.put(Id="a", Count=2)
    assert scope.reads == {}
    assert scope.calls == {("rows", "GetRows"): 1, ("rows", "PutRow"): 1}


@pytest.mark.parametrize(
    "answer", [Answer(status=500), Answer(b"<html"), Answer((DONE % "x").encode()), Answer(status=404)]
)
async def test_a_failed_write_forgets_as_well_and_is_not_repeated(
    service: Service, rows: Rows, answer: Answer
) -> None:
    scope = await loaded(rows, service, 1)
    service.answer = lambda _: answer
    with pytest.raises(UpstreamError):
        await rows.put(Id="a", Count=2)
    assert scope.reads == {}
    assert len(service.posts) == 2


async def test_a_dropped_connection_is_not_a_second_try(service: Service, rows: Rows) -> None:
    tries: list[Asked] = []

    def drop(asked: Asked) -> Answer:
        tries.append(asked)
        raise ConnectionResetError

    service.answer = drop
    scope = Scope()
    enter_scope(scope)
    with pytest.raises(UpstreamError):
        await rows.put(Id="a", Count=2)
    assert len(tries) == 1


async def test_a_fault_says_why(service: Service, rows: Rows) -> None:
    scope = await loaded(rows, service, 1)
    service.reply(fault("e:Server", f'<NoRoom xmlns="{PLACE}"><Left>0</Left></NoRoom>'), 500)
    with pytest.raises(SoapFault, match=r"^rows: SOAP fault NoRoom$"):
        await rows.put(Id="a", Count=2)
    assert scope.reads == {}


@pytest.mark.parametrize("total", ["", "many", "1.5", " "])
async def test_a_wrong_answer_names_its_place(service: Service, rows: Rows, total: str) -> None:
    service.reply(DONE % total)
    with pytest.raises(UpstreamBadData) as caught:
        await rows.put(Id="a", Count=2)
    assert caught.value.path == "$.Total"
    assert "many" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"Id": "a"}, "PutRow.Count is missing or wrong"),
        ({"Id": None, "Count": 1}, "PutRow.Id is missing or wrong"),
        ({}, "PutRow.Id is missing or wrong"),
        ({"Id": "a", "Count": 1, "Hunter2": 1}, "Hunter2 is unknown"),
        ({"Id": ["a"], "Count": 1}, "Id is wrong"),
        ({"Id": {"a": "hunter2"}, "Count": 1}, "Id is wrong"),
    ],
)
async def test_arguments_that_do_not_fit_the_wsdl_are_a_mistake_of_the_declaration(
    service: Service, rows: Rows, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(UpstreamMisconfigured, match=r"^rows: is not set up correctly$") as caught:
        await rows.put(**arguments)
    cause = caught.value.__cause__
    assert isinstance(cause, ConfigurationError)
    assert re.match(f"rows: PutRow: .*{named}", str(cause))
    assert "hunter2" not in str(cause)
    assert service.posts == []


async def test_a_text_that_xml_cannot_carry_is_a_mistake_of_the_clients(service: Service, rows: Rows) -> None:
    for hostile in ("a\0", "\ud800", "\x08", "\ufffe"):
        with pytest.raises(InputError) as caught:
            await rows.put(Id=hostile, Count=1)
        assert caught.value.argument == "Id"
    assert service.posts == []


async def test_further_arguments_of_a_read_that_do_not_fit(service: Service, rows: Rows) -> None:
    (error,) = await rows.by_ids(["a"], Colour="red")
    assert isinstance(error, UpstreamMisconfigured)
    assert re.match(r"rows: GetRows: .*Colour is unknown", str(error.__cause__))
    assert service.posts == []
