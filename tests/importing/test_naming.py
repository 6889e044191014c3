"""Names that GraphQL and Python allow, of names that they do not."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.importing.naming import (
    LONGEST,
    Taken,
    attribute,
    camel,
    enum_name,
    pascal,
    shortened,
)

GRAPHQL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@pytest.mark.parametrize(
    ("text", "type_name", "field_name", "python"),
    [
        ("order_line-items", "OrderLineItems", "orderLineItems", "order_line_items"),
        ("XMLHttpRequest", "XMLHttpRequest", "xmlHttpRequest", "xml_http_request"),
        ("ORDER_ITEM_ID", "OrderItemId", "orderItemId", "order_item_id"),
        ("URL", "URL", "url", "url"),
        ("iPhone", "IPhone", "iPhone", "i_phone"),
        ("2fa", "N2fa", "n2fa", "n2fa"),
        ("class", "Class", "class", "class_"),
        ("sku_ID", "SkuID", "skuID", "sku_id"),
        ("filter[name]", "FilterName", "filterName", "filter_name"),
        ("@type", "Type", "type", "type"),
        ("Straße", "Strasse", "strasse", "strasse"),
        ("café", "Cafe", "cafe", "cafe"),
        ("日本", "", "", ""),
    ],
)
def test_names_are_made_of_the_words(text: str, type_name: str, field_name: str, python: str) -> None:
    assert (pascal(text), camel(text), attribute(text)) == (type_name, field_name, python)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("newest first", "NEWEST_FIRST"),
        ("-created", "MINUS_CREATED"),
        ("created", "CREATED"),
        ("+1", "PLUS_1"),
        ("-1", "MINUS_1"),
        ("true", "VALUE_TRUE"),
        ("null", "VALUE_NULL"),
        ("4xx", "VALUE_4XX"),
        ("*", "ALL"),
        ("utf-8", "UTF_8"),
        ("a/b", "A_B"),
    ],
)
def test_enum_values_get_names_that_tell_them_apart(value: str, name: str) -> None:
    assert enum_name(value) == name


@given(st.text())
def test_any_text_gives_a_name_or_none(text: str) -> None:
    for name in (pascal(text), camel(text), enum_name(text)):
        assert name == "" or GRAPHQL_NAME.fullmatch(name)
    python = attribute(text)
    assert python == "" or (python.isidentifier() and not keyword.iskeyword(python) and python[0] != "_")


@given(st.from_regex(r"[A-Z][A-Za-z0-9]{0,200}", fullmatch=True))
def test_long_names_are_cut_between_words_and_keep_their_end(name: str) -> None:
    short = shortened(name)
    assert 1 <= len(short) <= LONGEST
    assert GRAPHQL_NAME.fullmatch(short)
    if len(name) <= LONGEST:
        assert short == name


def test_a_name_that_is_taken_gives_way_to_the_next_and_at_last_to_a_number() -> None:
    taken = Taken("Query")
    assert taken.claim("Order", "ShopOrder") == "Order"
    assert taken.claim("Order", "ShopOrder") == "ShopOrder"
    assert taken.claim("Order", "ShopOrder") == "ShopOrder2"
    assert taken.claim("", "Query") == "Query2"
    assert taken.claim("") == "value"
    assert "Order" in taken
