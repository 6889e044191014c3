"""Bytes of an upstream become records, or an error that says where and never what."""

from __future__ import annotations

import enum
import json
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.errors import UpstreamBadData
from patchbay.upstreams.decoding import BodyDecoder, Nested, RowsDecoder
from tests.patchbay.calling import CANARY, assert_safe


class Colour(enum.Enum):
    RED = "red"


class Thing(msgspec.Struct, frozen=True, rename="camel"):
    thing_id: str
    amount: int
    colour: Colour = Colour.RED
    tags: dict[str, int] = {}
    kind: Literal["a", "b"] = "a"


ONE = {"thingId": "T1", "amount": 1}
DEEP = b"[" * 200_000


def bodies(at: str | None = None) -> BodyDecoder[Thing]:
    return BodyDecoder("things", Thing, at)


def rows(at: str | None = None) -> RowsDecoder[Thing]:
    return RowsDecoder("things", Thing, ("thing_id",), at)


def failure(decoder: BodyDecoder[Thing] | RowsDecoder[Thing], body: bytes) -> UpstreamBadData:
    with pytest.raises(UpstreamBadData) as caught:
        decoder.decode(body)
    assert_safe(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("at", "wrap"), [(None, "%s"), ("data", '{"data":%s}'), ("a.b", '{"a":{"b":%s},"c":1}')]
)
def test_a_record_is_read_from_its_place(at: str | None, wrap: str) -> None:
    body = (wrap % json.dumps({**ONE, "unknown": [1]})).encode()
    assert bodies(at).decode(body) == Thing("T1", 1)
    body = (wrap % json.dumps([ONE, {**ONE, "thingId": "T2"}])).encode()
    assert rows(at).decode(body) == ([Thing("T1", 1), Thing("T2", 1)], [])


def test_several_places_are_read_at_once() -> None:
    nested = Nested({"data.rows": list[int], "data.meta.total": int, "class": str})
    assert nested.decode(b'{"class":"x","data":{"meta":{"total":7},"rows":[1]}}') == [[1], 7, "x"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({**ONE, "amount": CANARY}, "things: Expected `int`, got `str` at $.data.amount"),
        ({"thingId": CANARY}, "things: Object missing required field `amount` at $.data"),
        ({**ONE, "colour": CANARY}, "things: a value that was not declared at $.data.colour"),
        ({**ONE, "kind": CANARY}, "things: a value that was not declared at $.data.kind"),
        ({**ONE, "tags": {CANARY: "x"}}, "things: Expected `int`, got `str` at $.data.tags[...]"),
        ([CANARY], "things: Expected `object`, got `array` at $.data"),
        (None, "things: Expected `object`, got `null` at $.data"),
    ],
)
def test_a_wrong_member_is_named_by_its_path(row: Any, problem: str) -> None:
    error = failure(bodies("data"), json.dumps({"data": row}).encode())
    assert str(error) == problem
    assert error.extensions["path"] == problem.rpartition(" at ")[2]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"", "not valid JSON in UTF-8", id="empty"),
        pytest.param(json.dumps(ONE).encode()[:-4], "not valid JSON in UTF-8", id="truncated"),
        pytest.param(json.dumps(ONE).encode() + CANARY.encode(), "not valid JSON in UTF-8", id="trailing"),
        pytest.param(b'{"thingId":"\xff\xfe","amount":1}', "not valid JSON in UTF-8", id="bad UTF-8"),
        pytest.param(f"<html>{CANARY}</html>".encode(), "not valid JSON in UTF-8", id="HTML"),
        pytest.param(b'{"deep":' + DEEP, "nested too deep", id="deep array"),
        pytest.param(b'{"x":' * 200_000, "nested too deep", id="deep object"),
        pytest.param(b'{"thingId":"T1","amount":NaN}', "not valid JSON in UTF-8", id="NaN"),
    ],
)
def test_what_is_no_json_or_no_end_of_it_is_bad_data(body: bytes, problem: str) -> None:
    assert problem in str(failure(bodies(), body))
    if body:
        assert problem in str(failure(rows(), b"[" + body + b"]"))


class TestRows:
    def test_a_wrong_row_in_the_middle_leaves_the_others(self) -> None:
        wrong = {"thingId": "T2", "amount": CANARY}
        records, errors = rows("data").decode(json.dumps({"data": [ONE, wrong, ONE]}).encode())
        assert records == [Thing("T1", 1)] * 2
        ((key, error),) = errors
        assert key.thing_id == "T2"
        assert error.path == "$.data[1].amount"
        assert_safe(error)

    @pytest.mark.parametrize("amount", ["1e999", "9" * 5000, "1.5", "-", "null"])
    def test_a_number_that_is_none_here_is_bad_data(self, amount: str) -> None:
        row = f'{{"thingId":"T2","amount":{amount}}}'.encode()
        failure(bodies(), row)
        try:
            records, errors = rows().decode(b"[" + row + b"]")
        except UpstreamBadData:
            assert amount == "-"
        else:
            assert (records, [key.thing_id for key, _ in errors]) == ([], ["T2"])

    def test_a_row_that_does_not_tell_its_key_makes_the_whole_answer_wrong(self) -> None:
        error = failure(rows(), json.dumps([ONE, {"amount": 1}]).encode())
        assert str(error) == "things: Object missing required field `thingId` at $[1]"

    @pytest.mark.parametrize("body", [b"{}", b'{"data":{}}', b'{"data":null}', b'{"data":"x"}', b"[]"])
    def test_no_list_where_it_should_stand_is_bad_data(self, body: bytes) -> None:
        failure(rows("data"), body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(CANARY) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["thingId", CANARY, "amount"]), inner)
    ),
    max_leaves=12,
)


@given(value=JSON, cut=st.integers(0, 60), broken=st.booleans())
def test_no_error_shows_any_of_the_data(value: Any, cut: int, *, broken: bool) -> None:
    row = {**ONE, "tags": {CANARY: value}, "colour": value, "kind": value, "amount": value}
    for body in (json.dumps([row]), json.dumps([value]), json.dumps([{**row, "thingId": value}])):
        sent = (body[:-cut] + CANARY if broken and cut else body).encode()
        for decoder in (bodies(), rows(), rows("data")):
            try:
                outcome = decoder.decode(sent)
            except UpstreamBadData as error:
                assert_safe(error)
            else:
                assert isinstance(outcome, tuple)
                for _, wrong in outcome[1]:
                    assert_safe(wrong)
