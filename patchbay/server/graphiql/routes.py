"""The route of the page's assets."""

from fastapi import APIRouter, HTTPException, Response

from patchbay.server.graphiql.files import assets
from patchbay.server.graphiql.page import ASSETS_PATH

# A name holds its content's digest, so a browser may keep it for good; no cache keeps it longer than a year.
_ASSET_HEADERS = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


def graphiql_router() -> APIRouter:
    """GET /graphiql/assets/{name}. An unknown name answers 404."""
    by_name = {asset.name: asset for asset in assets().values()}
    router = APIRouter(include_in_schema=False)

    @router.api_route(f"{ASSETS_PATH}/{{name}}", methods=["GET", "HEAD"])
    async def asset(name: str) -> Response:
        found = by_name.get(name)
        if found is None:
            raise HTTPException(status_code=404)
        return Response(found.body, media_type=found.media_type, headers=_ASSET_HEADERS)

    return router
