"""The top of a Swagger 2.0 document in the shape of OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.swagger.addresses import addresses
from patchbay.importing.documents.swagger.paths import Paths
from patchbay.importing.documents.swagger.security import security_schemes
from patchbay.importing.documents.swagger.shapes import texts

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.documents.refs import Refs


def upgraded(root: dict[str, Any], at: Location, refs: Refs) -> dict[str, Any]:
    """The root document as OpenAPI 3.0 has it.

    Its paths, with all that their operations hold beside schemas, are rewritten; each rewritten node is told
    to `refs` with the place that it has in the original. Schemas stay the objects that they are.
    """
    definitions = root.get("definitions")
    servers = root.get("servers")
    if "host" in root or not isinstance(servers, list):
        servers = [{"url": url} for url in addresses(root, texts(root.get("schemes")))]
    return {
        **root,
        "openapi": "3.0.3",
        "servers": servers,
        "paths": Paths(root, at, refs).upgraded(),
        "components": {
            "schemas": definitions if isinstance(definitions, dict) else {},
            "securitySchemes": security_schemes(root, at, refs),
        },
    }
