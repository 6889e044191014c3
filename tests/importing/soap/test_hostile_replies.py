"""Bytes that are no replies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchbay.errors import (
    UpstreamBadData,
    UpstreamError,
)
from tests.importing.soap.asking import NS, got, of_fields, read
from tests.importing.soap.models import ITEM, field, shop
from tests.soap.documents import envelope

SHOP_MODEL = shop("x")
SOUND = envelope(
    f'<GetItemsResponse {NS}><Item rank="7"><Sku>a</Sku><Count>1</Count><Price>1.5</Price><Tag>x</Tag></Item>'
    "</GetItemsResponse>"
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_make_another_error_than_the_upstreams(data: Any) -> None:
    start = data.draw(st.integers(0, len(SOUND)))
    end = data.draw(st.integers(start, len(SOUND)))
    put = data.draw(
        st.binary(max_size=20)
        | st.sampled_from([b"<Item>", b"</Item>", b"&#0;", b"\xff", b"<!--", b'xsi:nil="true"'])
    )
    kind = data.draw(st.sampled_from(["text/xml", "multipart/related; boundary=b", "multipart/related"]))
    body = SOUND[:start] + put + SOUND[end:]
    _read_anything(body, kind)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([200, 500, 400]))
def test_no_noise_makes_another_error_than_the_upstreams(body: bytes, status: int) -> None:
    _read_anything(body, "multipart/related; boundary=a", status)
    _read_anything(b"<GetItemsResponse>" + body, "text/xml", status)
    _read_anything(envelope("").replace(b"></e:Body>", b">" + body + b"</e:Body>"), "text/xml", status)


def _read_anything(body: bytes, kind: str, status: int = 200) -> None:
    try:
        rows = read(SHOP_MODEL, body, status, kind)
    except UpstreamError:
        return
    assert isinstance(rows, list)
    assert all(type(row).__name__ in (ITEM.name, "UpstreamBadData") for row in rows)


def test_an_element_nested_without_end_is_bad_data() -> None:
    of = of_fields(field("C", "Thing"))
    with pytest.raises(UpstreamBadData):
        got(of, "<C>" * 5_000 + "</C>" * 5_000)
