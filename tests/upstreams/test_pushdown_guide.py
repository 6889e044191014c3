"""The page on field pushdown shows declarations that work, and what they send."""

from __future__ import annotations

import re
from typing import Any

from patchbay.upstreams import Fields
from tests.serving import ROOT
from tests.upstreams.catalog import running_catalog
from tests.upstreams.opening import opened

PAGE = (ROOT / "docs/field-pushdown.md").read_text()


def declared() -> dict[str, Any]:
    """What the page's Python blocks declare, one behind the other."""
    names: dict[str, Any] = {"__name__": __name__}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        code = compile(block, "field-pushdown.md", "exec", dont_inherit=True)
        exec(code, names)  # noqa: S102 - our own page
    return names


async def test_the_blocks_are_adapters_that_send_what_the_page_shows() -> None:
    names = declared()
    async with (
        running_catalog() as service,
        opened(names["catalog"], CATALOG_URL=service.url, CATALOG_TOKEN="t"),
    ):
        (product,) = await names["products_by_ids"](["P1"])
        assert product == names["Product"]("P1", "Product P1", names["Price"](100, "EUR"))
        (dollars,) = await names["in_dollars"](["P1"])
        assert dollars.dollars.currency == "USD"
    assert f"```graphql\n{service.documents[0]}\n```" in PAGE


def test_the_table_of_operations_declares() -> None:
    names = declared()
    names["Country"] = names["Owner"]
    rows = re.findall(r"^\| `(\w+)` \| `(.*?)` \|", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == ["batch", "each", "entities", "page", "list", "write"]
    for _, declaration in rows:
        eval(declaration, names)  # noqa: S307 - our own page


def test_the_table_of_forms_is_what_is_sent() -> None:
    customer = declared()["Customer"]
    rows = re.findall(r'^\| [^|]+ \| `((?:Fields|")[^`]*)`.*? \| `([^`]*)` \|$', PAGE, re.MULTILINE)
    assert len(rows) == 6
    for form, sent in rows:
        fields = eval(form, {"Fields": Fields})  # noqa: S307 - our own page
        how = Fields(fields) if isinstance(fields, str) else fields
        assert how.query(customer, at="items" if how.from_top else None) == sent


def test_a_read_takes_at_most_twelve_lines() -> None:
    (adapter, *_) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    of_records = re.sub(r"^class .*?(?=^\w)", "", adapter, flags=re.MULTILINE | re.DOTALL)
    assert len([line for line in of_records.splitlines() if line.strip()]) <= 12
