"""Descriptions of OpenAPI, from files and URLs: read, told apart, their references followed.

location -> source -> store -> text -> Documents.root, .resolve
            (reach)  (once)  (JSON, YAML)   (3.x, whatever it was)
"""

from patchbay.importing.documents.documents import Documents, open_documents
from patchbay.importing.documents.errors import DescriptionError, UnresolvedRef
from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.location import Location
from patchbay.importing.documents.sources import Fetch, is_url

__all__ = [
    "DescriptionError",
    "DocumentLimits",
    "Documents",
    "Fetch",
    "Location",
    "UnresolvedRef",
    "is_url",
    "open_documents",
]
