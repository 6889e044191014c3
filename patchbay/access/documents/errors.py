"""How a client is told that the document it names is not run."""

from __future__ import annotations

from patchbay.errors import PatchbayError


class PersistedQueryNotFound(PatchbayError):
    """Nobody has sent the text of this hash lately. The message is a name: clients compare it.

    Told like a document that cannot be run: with status 200 as application/json, as clients expect.
    """

    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 400
    is_graphql = True

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupported(PatchbayError):
    """Automatic persisted queries are off; clients then send texts. Told like PersistedQueryNotFound."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    status = 400
    is_graphql = True

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class PersistedQueryInvalid(PatchbayError):
    """What is said of the hash cannot be, or the text is not the hash's."""

    code = "PERSISTED_QUERY_INVALID"
    status = 400


class DocumentNotFound(PatchbayError):
    """No document has this id. Told like a document that cannot be run."""

    code = "DOCUMENT_NOT_FOUND"
    status = 400
    is_graphql = True

    def __init__(self) -> None:
        super().__init__("no document is known by this id")


class DocumentNotTrusted(PatchbayError):
    """Only trusted documents run here, and this is none.

    403: the request is well-formed, and refused whoever sends it and however often.
    """

    code = "DOCUMENT_NOT_TRUSTED"
    status = 403

    def __init__(self) -> None:
        super().__init__("only documents that front ends were built with are run here, and this is none")
