"""Operations of real descriptions, asked of a server that answers as the description says."""

from __future__ import annotations

import pytest

from tests.importing.served.answers import answering, load
from tests.importing.served.asking import graph
from tests.importing.specs import needs_specs, openapi
from tests.serving import ROOT

DESCRIPTIONS = {
    # Each kept to a second: path, operations, and every which of them is asked.
    "stripe": ("apis-guru-npm/stripe.com.json", 452, 12),
    "weather": ("open-meteo/forecast.yml", 1, 1),
    "medusa": ("medusajs/store.openapi.full.yaml", 46, 2),
    "alertmanager": ("prometheus/alertmanager-v2.openapi.yaml", 9, 1),
    "xero": ("xeroapi/xero_accounting.yaml", 235, 9),
}


@needs_specs
@pytest.mark.parametrize("name", DESCRIPTIONS)
async def test_operations_answer_what_their_description_says(name: str) -> None:
    path, number, every = DESCRIPTIONS[name]
    failed = {}
    with answering(load(openapi(path))) as (url, asked):
        async with graph(openapi(path), url) as asking:
            operations = list(asking.operations())
            for field, text in operations[::every]:
                data, errors = await asking.ask(text)
                # What the description says nothing of may be nothing.
                if errors or (data[field] is None and not asking.is_anything(field)):
                    failed[field] = [f"{error.path}: {error}" for error in errors]
    assert len(operations) >= number
    assert not failed
    assert len(asked) >= number // every


async def test_the_shop_s_description_answers_without_the_shop() -> None:
    path = ROOT / "demo" / "descriptions" / "shop.openapi.yaml"
    with answering(load(path)) as (url, asked):
        async with graph(path, url) as asking:
            data, errors = await asking.ask(
                "{ listOrders(first: 1) { nodes { id placedAt total { cents } items { quantity } } } }"
            )
    assert not errors
    assert data["listOrders"]["nodes"][0] == {
        "id": "text",
        "placedAt": "2026-05-04T03:02:01Z",
        "total": {"cents": 1},
        "items": [{"quantity": 1}],
    }
    assert len(asked) == 1
