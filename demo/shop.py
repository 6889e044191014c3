"""Shop: orders and products. REST, Bearer token; every answer is ``{"data": ..., "meta": {...}}``.

``GET /orders?ids=O1,O2``  the known ones, in an order of its own; at most 100 ids
``GET /orders?offset=&limit=``  newest first, at most 100 a page; ``meta.total``
``GET /orders/by-customer?customer_ids=C1,C2&offset=&limit=``  at most 50 customers, 100 orders each;
    a row ``{"customer_id", "total", "orders"}`` for every asked customer that has orders, newest order first
``GET /products?ids=`` (at most 50) and ``GET /products?offset=&limit=`` (at most 100 a page)
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from demo import answers, data, service
from demo.control import Control, by_route
from demo.guard import Guard

PAGE_MAX: Final = 100
PAGE_DEFAULT: Final = 20
ORDER_IDS_MAX: Final = 100
PRODUCT_IDS_MAX: Final = 50
CUSTOMER_IDS_MAX: Final = 50


def wrapped(rows: Sequence[Any], **meta: Any) -> Response:
    """Rows in the shop's envelope."""
    return answers.json({"data": rows, "meta": meta})


def listed(request: Request, table: Mapping[str, Any], ids_max: int) -> Response:
    """The rows asked for by `ids`, or a page of all rows."""
    if "ids" in request.query_params:
        asked = answers.keys(request, "ids", ids_max)
        return wrapped([table[each] for each in asked if each in table])
    offset, limit = _window(request)
    rows = list(table.values())
    return wrapped(answers.page(rows, offset, limit), total=len(rows), offset=offset, limit=limit)


def _window(request: Request) -> tuple[int, int]:
    return answers.number(request, "offset", 0), answers.number(request, "limit", PAGE_DEFAULT, PAGE_MAX)


async def orders(request: Request) -> Response:
    """GET /orders."""
    return listed(request, data.orders(), ORDER_IDS_MAX)


async def products(request: Request) -> Response:
    """GET /products."""
    return listed(request, data.products(), PRODUCT_IDS_MAX)


async def orders_by_customer(request: Request) -> Response:
    """GET /orders/by-customer."""
    asked = answers.keys(request, "customer_ids", CUSTOMER_IDS_MAX)
    offset, limit = _window(request)
    table = data.orders_by_customer()
    rows = [
        {"customer_id": each, "total": len(table[each]), "orders": answers.page(table[each], offset, limit)}
        for each in asked
        if each in table
    ]
    return wrapped(rows, offset=offset, limit=limit)


def build() -> ASGIApp:
    """The service's app; reads SHOP_TOKEN."""
    expected = f"Bearer {answers.required('SHOP_TOKEN')}"
    data.orders_by_customer()

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("authorization", ""), expected)

    app = Starlette(
        routes=[
            Route("/orders", orders, methods=["GET"]),
            Route("/orders/by-customer", orders_by_customer, methods=["GET"]),
            Route("/products", products, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, check=allowed, challenge="Bearer")],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes))


if __name__ == "__main__":
    service.main("shop", build)
