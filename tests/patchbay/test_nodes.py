"""Global ids: read back what was issued, refuse everything else."""

from __future__ import annotations

import base64
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strawberry.relay.utils import to_base64

from patchbay.errors import InputError
from patchbay.nodes import NodeTable, key_argument, split_global_id
from patchbay.scope import Scope, enter_scope
from tests.patchbay.reads import Read

KEY = re.compile(r"C[0-9]{1,12}")
ANY_TEXT = st.text(st.characters(), max_size=60)


def customer_key(value: str) -> str:
    return key_argument(value, type_name="Customer", pattern=KEY)


def test_a_plain_key_is_taken_as_it_is() -> None:
    assert customer_key("C1007") == "C1007"


def test_a_global_id_holds_its_key() -> None:
    assert customer_key(to_base64("Customer", "C1007")) == "C1007"


def test_the_id_of_another_type_is_told_apart() -> None:
    with pytest.raises(InputError, match=r"^argument 'id' is an id of type Order, not Customer$"):
        customer_key(to_base64("Order", "C1007"))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "c1007",
        "C1007\n",
        " C1007",
        "C٣",
        "C1,C2",
        "../C1",
        "C" + "1" * 13,
        "C" + "1" * 1_000_000,
        "日本",
        "\ud800",
        "C1\0",
        to_base64("Customer", "D1"),
        to_base64("Customer", "../1"),
        to_base64("Customer", "C" + "1" * 1000),
        to_base64("Customer", "C1") + "\n",
        to_base64("Customer", "C1").rstrip("="),
        base64.b64encode(b"Customer").decode(),
        base64.b64encode(b"\xff:C1").decode(),
    ],
)
def test_what_is_no_id_is_refused_without_being_repeated(value: str) -> None:
    with pytest.raises(InputError) as caught:
        customer_key(value)
    assert str(caught.value) == "argument 'id' is not an id of type Customer"
    assert caught.value.extensions == {"code": "BAD_USER_INPUT", "argument": "id"}


def test_the_error_names_the_argument_of_the_field() -> None:
    with pytest.raises(InputError, match="argument 'customerId'"):
        key_argument("x", type_name="Customer", pattern=KEY, argument="customerId")


def test_a_plain_key_that_happens_to_be_base64_stays_a_key() -> None:
    plain = base64.b64encode(b"1:x").decode()
    assert split_global_id(plain) is None
    assert key_argument(plain, type_name="Customer", pattern=re.compile(r".+")) == plain


@given(st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,20}", fullmatch=True), ANY_TEXT)
def test_what_was_issued_comes_back(type_name: str, key: str) -> None:
    try:
        issued = to_base64(type_name, key)
    except UnicodeEncodeError:
        return
    assert split_global_id(issued) == (type_name, key)


@given(ANY_TEXT)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    parts = split_global_id(text)
    assert parts is None or to_base64(*parts) == text
    with suppress(InputError):
        assert KEY.fullmatch(customer_key(text))


class TestNodeTable:
    async def test_a_node_is_read_by_the_read_of_its_type(self) -> None:
        customers, orders = Read(), Read()
        enter_scope(Scope())
        table = NodeTable({"Customer": customers, "Order": orders})
        assert await table.load(to_base64("Order", "O:1,é")) == "<O:1,é>"
        assert (customers.calls, orders.calls) == ([], [(["O:1,é"], {})])

    async def test_a_node_that_is_not_there_is_none(self) -> None:
        enter_scope(Scope())
        assert await NodeTable({"Order": Read(lambda _: None)}).load(to_base64("Order", "O1")) is None

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "O1",
            "Order:O1",
            to_base64("Customer", "C1"),
            to_base64("Order", "O" * 600),
            "=" * 1_000_000,
            "日本",
            "\ud800",
            "\0",
        ],
    )
    async def test_what_is_no_global_id_of_this_graph_asks_nothing(self, value: str) -> None:
        orders = Read()
        enter_scope(Scope())
        with pytest.raises(InputError, match=r"^argument 'id' is not a global id of this graph$"):
            await NodeTable({"Order": orders}).load(value)
        assert orders.calls == []
