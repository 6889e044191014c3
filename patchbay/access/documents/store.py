"""Which text a client means: one that it sends, or one that it names by an id or a hash.

A text that comes with its hash is kept (automatic persisted queries) only after its operation was found good,
so that nobody fills the memory with what cannot be run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patchbay.access.documents.errors import (
    DocumentNotFound,
    DocumentNotTrusted,
    PersistedQueryInvalid,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
)
from patchbay.access.documents.trusted_documents import HASH_PREFIX, hash_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.access.documents.persisted_queries import PersistedQueries
    from patchbay.access.documents.trusted_documents import TrustedDocuments

PROTOCOL_VERSION: Final = 1

_is_hash = re.compile("[0-9a-f]{64}", re.ASCII).fullmatch


class DocumentStore:
    """All documents that can be named.

    Args:
        trusted: those of the manifest; None where there is none.
        kept: automatic persisted queries; None where they are off.
        trusted_only: run those of the manifest and no others; automatic persisted queries are off then.
    """

    def __init__(
        self,
        trusted: TrustedDocuments | None = None,
        kept: PersistedQueries | None = None,
        *,
        trusted_only: bool = False,
    ) -> None:
        self._trusted = trusted
        self._kept = None if trusted_only else kept
        self._trusted_only = trusted_only

    def text_of(
        self, query: str | None, document_id: str | None, extensions: Mapping[str, Any] | None
    ) -> str | None:
        """The document's text.

        Args:
            query: the text, where the client sends it.
            document_id: `documentId` of GraphQL over HTTP, or what Relay's network layers send.
            extensions: of the request; `persistedQuery` in them is read.

        Returns:
            None where the request names no document at all.

        Raises:
            PersistedQueryNotFound: Apollo's hash is not known; the client is to send the text.
            PersistedQueryNotSupported: the hash is not known, and automatic persisted queries are off.
            PersistedQueryInvalid: the hash is none, or not the text's.
            DocumentNotFound: the id is not known.
            DocumentNotTrusted: only trusted documents run.
        """
        said = _persisted_query(extensions)
        if query:
            return self._sent(query, document_id, said)
        if said is not None:
            return self._hashed(_hash_in(said))
        return self._identified(document_id) if document_id else None

    def keep(self, query: str | None, document_id: str | None, extensions: Mapping[str, Any] | None) -> None:
        """Keep a text that came with its hash; to be called when its operation was found good.

        Args:
            query: as for text_of.
            document_id: as for text_of.
            extensions: as for text_of.
        """
        if self._kept is None or not query:
            return
        said = _persisted_query(extensions)
        id_ = _hash_in(said) if said is not None else _hash_of_id(document_id or "")
        if id_ is not None and id_ == hash_of(query):
            self._kept.keep(id_, query)

    def _sent(self, query: str, document_id: str | None, said: Mapping[str, Any] | None) -> str:
        """A text that was sent, perhaps with what it is to be known by."""
        if self._trusted_only and not (self._trusted is not None and self._trusted.holds(query)):
            raise DocumentNotTrusted
        if said is None and not document_id:
            return query
        if said is not None:
            id_ = _hash_in(said)
            # A manifest's own ids stand here as well, and need not be hashes.
            is_right = id_ == hash_of(query) or self._from_manifest(id_) == query
        else:
            # An id of which nobody knows anything contradicts nothing.
            hash_, known = _hash_of_id(document_id or ""), self._from_manifest(document_id or "")
            is_right = hash_ in (None, hash_of(query)) and known in (None, query)
        if not is_right:
            raise PersistedQueryInvalid("the document's text is not the one of its id or hash")
        return query

    def _hashed(self, hash_: str) -> str:
        """The text of what Apollo's protocol names."""
        text = self._from_manifest(hash_)
        if text is not None:
            return text
        if self._trusted_only:
            raise DocumentNotTrusted
        if self._kept is None:
            raise PersistedQueryNotSupported
        if not _is_hash(hash_):
            raise PersistedQueryInvalid("'sha256Hash' must be 64 lower-case hexadecimal digits")
        text = self._kept.get(hash_)
        if text is None:
            raise PersistedQueryNotFound
        return text

    def _identified(self, document_id: str) -> str:
        """The text of a documentId."""
        text = self._from_manifest(document_id)
        hash_ = _hash_of_id(document_id)
        if text is None and hash_ is not None and self._kept is not None:
            text = self._kept.get(hash_)
        if text is None:
            raise DocumentNotTrusted if self._trusted_only else DocumentNotFound
        return text

    def _from_manifest(self, id_: str) -> str | None:
        return None if self._trusted is None else self._trusted.get(id_)


def _persisted_query(extensions: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What Apollo's protocol says in a request, None where it says nothing. Raises PersistedQueryInvalid."""
    said = None if extensions is None else extensions.get("persistedQuery")
    if said is None:
        return None
    if not isinstance(said, dict):
        raise PersistedQueryInvalid("'persistedQuery' must be an object")
    if said.get("version") != PROTOCOL_VERSION:
        raise PersistedQueryInvalid("the 'version' of 'persistedQuery' must be 1")
    return said


def _hash_in(said: Mapping[str, Any]) -> str:
    hash_ = said.get("sha256Hash")
    if not isinstance(hash_, str):
        raise PersistedQueryInvalid("'persistedQuery' must have a 'sha256Hash' that is a string")
    return hash_


def _hash_of_id(document_id: str) -> str | None:
    """The hash in an id of the form sha256:<hash>, None of any other."""
    hash_ = document_id.removeprefix(HASH_PREFIX)
    return hash_ if hash_ != document_id and _is_hash(hash_) else None
