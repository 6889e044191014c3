"""The REST upstream of a model: calls as the document describes them, and answers as records."""

from patchbay.importing.rest.upstream import ImportedRest

__all__ = ["ImportedRest"]
