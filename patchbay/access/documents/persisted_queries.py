"""Automatic persisted queries: texts that clients have sent once, and name by their SHA-256 from then on.

This is Apollo's protocol: a client sends the hash alone; where nobody knows it, the client sends both, and
the text is kept for the next that send the hash. See patchbay.access.documents.store for what is said when.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MAX_KEPT_DOCUMENTS: Final = 2_000
MAX_KEPT_BYTES: Final = 16 * 1024 * 1024
MAX_KEPT_DOCUMENT_BYTES: Final = 64 * 1024
"""A longer text is run, and not kept: it would push out many that are asked for more often."""


class PersistedQueries:
    """Texts by their SHA-256. The one that was not asked for longest makes room.

    Args:
        max_documents: how many are kept.
        max_bytes: memory that they take together.
        max_document_bytes: a longer text is not kept.
    """

    def __init__(
        self,
        max_documents: int = MAX_KEPT_DOCUMENTS,
        max_bytes: int = MAX_KEPT_BYTES,
        max_document_bytes: int = MAX_KEPT_DOCUMENT_BYTES,
    ) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._max_documents = max_documents
        self._max_bytes = max_bytes
        self._max_document_bytes = max_document_bytes
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._texts)

    def get(self, hash_: str) -> str | None:
        """The text, None where it is not kept."""
        text = self._texts.get(hash_)
        if text is not None:
            self._texts.move_to_end(hash_)
        return text

    def keep(self, hash_: str, text: str) -> None:
        """Keep a text, of which this must be the hash."""
        size = _size(text)
        if size > self._max_document_bytes or hash_ in self._texts:
            return
        self._texts[hash_] = text
        self.bytes += size
        while len(self._texts) > self._max_documents or self.bytes > self._max_bytes:
            _, gone = self._texts.popitem(last=False)
            self.bytes -= _size(gone)


def _size(text: str) -> int:
    """Its memory in bytes; characters take one, two or four."""
    return text.__sizeof__()
