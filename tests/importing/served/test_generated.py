"""Every operation of real descriptions, asked of a server that answers as the description says."""

from __future__ import annotations

import pytest

from tests.importing.served.answers import answering, load
from tests.importing.served.asking import graph
from tests.importing.specs import needs_specs, openapi
from tests.serving import ROOT

DESCRIPTIONS = {
    "stripe": ("apis-guru-npm/stripe.com.json", 450),
    "weather": ("open-meteo/forecast.yml", 1),
    "medusa": ("medusajs/store.openapi.full.yaml", 46),
    "alertmanager": ("prometheus/alertmanager-v2.openapi.yaml", 9),
    "xero": ("xeroapi/xero_accounting.yaml", 235),
}


@needs_specs
@pytest.mark.parametrize("name", DESCRIPTIONS)
async def test_each_operation_answers_what_its_description_says(name: str) -> None:
    path, number = DESCRIPTIONS[name]
    answers = load(openapi(path))
    with answering(answers) as (url, asked):
        async with graph(openapi(path), url) as asking:
            failed = {}
            operations = list(asking.operations())
            for field, text in operations:
                data, errors = await asking.ask(text)
                if errors or data is None or data[field] is None:
                    failed[field] = [f"{error.path}: {error}" for error in errors] or [str(data)]
    assert len(operations) >= number
    assert not failed, (len(failed), dict(list(failed.items())[:10]))
    assert len(asked) >= number


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
