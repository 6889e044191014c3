"""Ways to make a good body bad: broken JSON or XML, or one member of the second row with a wrong type."""

from typing import Any

import msgspec
from lxml import etree

WRONG_JSON = {"unexpected": True}
WRONG_TEXT = "many"


def broken(media_type: str) -> bytes:
    """A body that starts like one of `media_type` and stops in the middle."""
    return b'<?xml version="1.0"?><Envelope><Body><' if "xml" in media_type else b'{"data": [{"id": "C1'


def page_of_html() -> bytes:
    """What a proxy in front of an upstream says."""
    return (
        b"<!doctype html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"
    )


def wrong(body: bytes, media_type: str) -> bytes:
    """`body` with one member of its second row (of its only row, where there is one) of a wrong type."""
    if not body:
        return body
    return _wrong_xml(body) if "xml" in media_type else _wrong_json(body)


def _wrong_json(body: bytes) -> bytes:
    document = msgspec.json.decode(body)
    rows = _rows(document)
    row = rows[min(1, len(rows) - 1)] if rows else _innermost(document)
    members = [name for name in row if name != "id" and not name.endswith("_id")]
    if members:
        row[members[0]] = WRONG_JSON
    return msgspec.json.encode(document)


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return value if value and all(isinstance(each, dict) for each in value) else []
    for each in value.values() if isinstance(value, dict) else ():
        if rows := _rows(each):
            return rows
    return []


def _innermost(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    inner = [each for each in value.values() if isinstance(each, dict)]
    return _innermost(inner[0]) if inner else value


def _wrong_xml(body: bytes) -> bytes:
    root = etree.fromstring(body)
    rows: dict[etree._Element, list[etree._Element]] = {}
    for leaf in root.iter("{*}*"):
        parent = leaf.getparent()
        if (
            parent is not None
            and len(leaf) == 0
            and (leaf.text or "").strip("-").replace(".", "", 1).isdigit()
        ):
            rows.setdefault(parent, []).append(leaf)
    numbers = list(rows.values())
    if numbers:
        numbers[min(1, len(numbers) - 1)][-1].text = WRONG_TEXT
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
