"""CRM: customers. REST, API key in `X-Api-Key`. In memory: a changed email lasts as long as the process.

``GET /customers?ids=C1000,C1001``     the known ones, in an order of its own; at most 100 ids
``GET /customers/page?offset=&limit=`` ``{"items": [...], "total": N}``; at most 100 a page
``PATCH /customers/{id}``              ``{"email": "..."}``
"""

import re
from typing import Final

import msgspec
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

IDS_MAX: Final = 100
PAGE_MAX: Final = 100
EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a PATCH may say."""

    email: str


def build() -> ASGIApp:
    """The service's app; reads CRM_KEY."""
    key = answers.required("CRM_KEY")
    customers = dict(data.customers())

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("x-api-key", ""), key)

    async def by_ids(request: Request) -> Response:
        asked = answers.keys(request, "ids", IDS_MAX)
        return answers.json([customers[each] for each in asked if each in customers])

    async def in_pages(request: Request) -> Response:
        offset, limit = answers.number(request, "offset", 0), answers.number(request, "limit", 20, PAGE_MAX)
        rows = list(customers.values())
        return answers.json({"items": answers.page(rows, offset, limit), "total": len(rows)})

    async def change(request: Request) -> Response:
        customer_id = request.path_params["id"]
        if customer_id not in customers:
            raise HTTPException(404, f"There is no customer {customer_id}.")
        email = (await answers.body(request, Change)).email
        if not EMAIL.fullmatch(email):
            raise HTTPException(422, "email is not an email address.")
        customers[customer_id] = msgspec.structs.replace(customers[customer_id], email=email)
        return answers.json(customers[customer_id])

    app = Starlette(
        routes=[
            Route("/customers", by_ids, methods=["GET"]),
            Route("/customers/page", in_pages, methods=["GET"]),
            Route("/customers/{id}", change, methods=["PATCH"]),
        ],
        middleware=[Middleware(Guard, check=allowed, challenge="ApiKey")],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes))


if __name__ == "__main__":
    service.main("crm", build)
