"""A read that could never answer is refused where it is declared, and one that finds nothing is noticed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import structlog

from patchbay.errors import ConfigurationError, UpstreamError
from patchbay.upstreams import Rest
from tests.patchbay.calling import opened
from tests.patchbay.wire import Wire, json_reply


class Rating(msgspec.Struct, frozen=True, rename="camel"):
    product_id: str
    stars: int


reviews = Rest("reviews", base_url="REVIEWS_URL")


@pytest.mark.parametrize(
    ("operation", "match", "missing"),
    [
        ("GET /ratings", "product_id", "{ids}"),
        ("GET /ratings?ids={id}", "product_id", "{ids}"),
        ("GET /ratings?ids={product_id}", "product_id", "{ids}"),
        ("GET /ratings?ids={ids}", ("product_id", "stars"), "{product_id} and {stars}"),
        ("GET /ratings?product={product_id}", ("product_id", "stars"), "{stars}"),
    ],
)
def test_a_batch_without_a_place_for_its_keys(
    operation: str, match: str | tuple[str, ...], missing: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        reviews.batch(operation, Rating, match=match, max_size=5)
    assert str(caught.value) == f"reviews: GET /ratings has no place for {missing}"


@pytest.mark.parametrize("query", ["offset={offset}", "limit={limit}", "page={offset}&size={size}"])
def test_a_page_without_a_place_for_offset_and_limit(query: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^reviews: GET /ratings has no place for \{(offset|limit)\}$"
    ):
        reviews.page(f"GET /ratings?{query}", Rating, items="rows", total="total")


def test_a_key_that_the_record_has_no_attribute_for() -> None:
    with pytest.raises(ConfigurationError) as caught:
        reviews.batch("GET /ratings?ids={ids}", Rating, match="productId", max_size=5)
    assert str(caught.value) == (
        "reviews: GET /ratings: Rating has no attribute productId; it has product_id, stars"
    )


async def warnings_of(rows: list[dict[str, Any]], keys: list[str]) -> tuple[list[Any], list[Any]]:
    """What a batch answers when these rows come back, and what it logs."""
    ratings = reviews.batch("GET /ratings?ids={ids}", Rating, match="product_id", max_size=9)
    async with Wire(json_reply(rows)) as wire, opened(reviews, REVIEWS_URL=wire.url):
        with structlog.testing.capture_logs() as logs:
            return await ratings(keys), logs


async def test_rows_of_which_none_was_asked_for_are_noticed() -> None:
    rows: list[dict[str, Any]] = [
        {"productId": "p1", "stars": 5},
        {"productId": "p2", "stars": "a wrong row counts as well"},
    ]
    outcomes, logs = await warnings_of(rows, ["P1", "P2"])
    assert outcomes == [None, None]
    assert logs == [
        {
            "event": "rows_match_no_key",
            "log_level": "warning",
            "upstream": "reviews",
            "operation": "GET /ratings",
            "rows": 2,
        }
    ]


@pytest.mark.parametrize("stars", [5, "wrong"])
async def test_one_row_that_was_asked_for_is_enough(stars: object) -> None:
    rows = [{"productId": "p1", "stars": 5}, {"productId": "P2", "stars": stars}]
    outcomes, logs = await warnings_of(rows, ["P1", "P2"])
    assert outcomes[0] is None
    assert isinstance(outcomes[1], Rating if stars == 5 else UpstreamError)
    assert logs == []


async def test_no_rows_are_no_mistake() -> None:
    assert await warnings_of([], ["P1"]) == ([None], [])
