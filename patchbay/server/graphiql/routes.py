"""The routes under /graphiql: the page and its assets."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Response

from patchbay.server.graphiql.examples import Example
from patchbay.server.graphiql.files import assets
from patchbay.server.graphiql.page import ASSETS_PATH, PAGE_HEADERS, graphiql_page

# A name holds its content's digest, so a browser may keep it for good; no cache keeps it longer than a year.
_ASSET_HEADERS = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


def graphiql_router(*, graphql_path: str = "/graphql", title: str, examples: Sequence[Example]) -> APIRouter:
    """GET /graphiql and GET /graphiql/assets/{name}. An unknown name answers 404."""
    page = graphiql_page(graphql_path=graphql_path, title=title, examples=examples)
    by_name = {asset.name: asset for asset in assets().values()}
    router = APIRouter(include_in_schema=False)

    @router.api_route("/graphiql", methods=["GET", "HEAD"])
    async def graphiql() -> Response:
        return Response(page, media_type="text/html", headers=PAGE_HEADERS)

    @router.api_route(f"{ASSETS_PATH}/{{name}}", methods=["GET", "HEAD"])
    async def asset(name: str) -> Response:
        found = by_name.get(name)
        if found is None:
            raise HTTPException(status_code=404)
        return Response(found.body, media_type=found.media_type, headers=_ASSET_HEADERS)

    return router
