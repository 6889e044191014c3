"""Swagger 2.0 in the shape of OpenAPI 3.0."""

from patchbay.importing.documents.swagger.root import upgraded
from patchbay.importing.documents.swagger.schemas import modernise

__all__ = ["modernise", "upgraded"]
