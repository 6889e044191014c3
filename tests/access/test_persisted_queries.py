"""Which text is run when a client names one: what is known, what is kept, and what is said otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from patchbay.access.documents.errors import (
    DocumentNotFound,
    DocumentNotTrusted,
    PersistedQueryInvalid,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
)
from patchbay.access.documents.persisted_queries import PersistedQueries
from patchbay.access.documents.store import DocumentStore
from patchbay.access.documents.trusted_documents import TrustedDocuments, hash_of

TEXT = "query A { a }"
TRUSTED = "query B { b }"
UNKNOWN = "query C { c }"


def apollo(hash_: Any, version: Any = 1) -> dict[str, Any]:
    """The extensions of Apollo's protocol."""
    return {"persistedQuery": {"version": version, "sha256Hash": hash_}}


@pytest.fixture
def store() -> DocumentStore:
    return DocumentStore(TrustedDocuments({"md5-of-b": TRUSTED}), PersistedQueries())


@pytest.fixture
def strict() -> DocumentStore:
    return DocumentStore(TrustedDocuments({"md5-of-b": TRUSTED}), PersistedQueries(), trusted_only=True)


def test_a_text_without_anything_is_itself(store: DocumentStore) -> None:
    assert store.text_of(TEXT, None, None) == TEXT
    assert store.text_of(TEXT, None, {"tracing": True}) == TEXT


@pytest.mark.parametrize("query", [None, ""])
def test_nothing_at_all_names_nothing(store: DocumentStore, query: str | None) -> None:
    assert store.text_of(query, None, None) is None
    assert store.text_of(query, "", {}) is None


def test_the_protocol_from_not_found_to_found(store: DocumentStore) -> None:
    named = apollo(hash_of(TEXT))
    with pytest.raises(PersistedQueryNotFound) as raised:
        store.text_of(None, None, named)
    assert str(raised.value) == "PersistedQueryNotFound"
    assert raised.value.extensions == {"code": "PERSISTED_QUERY_NOT_FOUND"}
    assert store.text_of(TEXT, None, named) == TEXT
    store.keep(TEXT, None, named)
    assert store.text_of(None, None, named) == TEXT
    assert store.text_of("", None, named) == TEXT


def test_a_text_whose_operation_was_not_found_good_is_not_kept(store: DocumentStore) -> None:
    named = apollo(hash_of(TEXT))
    store.text_of(TEXT, None, named)
    with pytest.raises(PersistedQueryNotFound):
        store.text_of(None, None, named)


def test_a_text_under_another_s_hash_is_neither_run_nor_kept(store: DocumentStore) -> None:
    wrong = apollo(hash_of(TEXT))
    with pytest.raises(PersistedQueryInvalid):
        store.text_of(UNKNOWN, None, wrong)
    store.keep(UNKNOWN, None, wrong)
    with pytest.raises(PersistedQueryNotFound):
        store.text_of(None, None, wrong)


@pytest.mark.parametrize(
    "said",
    [
        apollo("abc"),
        apollo(hash_of(TEXT).upper()),
        apollo(hash_of(TEXT) + "\n"),
        apollo("\u0660" * 64),
        apollo(7),
        apollo(None),
        apollo(hash_of(TEXT), version=2),
        apollo(hash_of(TEXT), version=None),
        {"persistedQuery": "abc"},
        {"persistedQuery": []},
        {"persistedQuery": {}},
    ],
)
def test_what_is_no_hash_is_refused(store: DocumentStore, said: dict[str, Any]) -> None:
    with pytest.raises(PersistedQueryInvalid) as raised:
        store.text_of(None, None, said)
    assert hash_of(TEXT) not in str(raised.value)


def test_the_same_hash_as_a_document_id(store: DocumentStore) -> None:
    id_ = f"sha256:{hash_of(TEXT)}"
    with pytest.raises(DocumentNotFound):
        store.text_of(None, id_, None)
    assert store.text_of(TEXT, id_, None) == TEXT
    store.keep(TEXT, id_, None)
    assert store.text_of(None, id_, None) == TEXT
    with pytest.raises(PersistedQueryInvalid):
        store.text_of(UNKNOWN, id_, None)


@pytest.mark.parametrize("id_", ["nobody", "x-shop:1", "sha256:zz", "sha256:", "md5:0", "a" * 10_000])
def test_an_id_that_nobody_knows(store: DocumentStore, id_: str) -> None:
    with pytest.raises(DocumentNotFound) as raised:
        store.text_of(None, id_, None)
    assert raised.value.extensions == {"code": "DOCUMENT_NOT_FOUND"}


@pytest.mark.parametrize("trusted_only", [False, True])
def test_trusted_documents_are_known_by_all_their_names(*, trusted_only: bool) -> None:
    trusted = TrustedDocuments({"md5-of-b": TRUSTED})
    store = DocumentStore(trusted, PersistedQueries(), trusted_only=trusted_only)
    assert store.text_of(None, "md5-of-b", None) == TRUSTED
    assert store.text_of(None, f"sha256:{hash_of(TRUSTED)}", None) == TRUSTED
    assert store.text_of(None, None, apollo(hash_of(TRUSTED))) == TRUSTED
    assert store.text_of(None, None, apollo("md5-of-b")) == TRUSTED
    assert store.text_of(TRUSTED, None, apollo("md5-of-b")) == TRUSTED
    assert store.text_of(TRUSTED, "md5-of-b", None) == TRUSTED
    assert store.text_of(TRUSTED, None, None) == TRUSTED


def test_a_text_beside_the_id_of_another_document_is_refused(store: DocumentStore) -> None:
    with pytest.raises(PersistedQueryInvalid):
        store.text_of(TEXT, "md5-of-b", None)
    assert store.text_of(TEXT, "an id that nobody knows", None) == TEXT


@pytest.mark.parametrize(
    ("query", "id_", "said"),
    [
        (TEXT, None, None),
        (TEXT, None, apollo(hash_of(TEXT))),
        (TEXT, "md5-of-b", None),
        (f"{TRUSTED} ", None, None),
        (None, "nobody", None),
        (None, f"sha256:{hash_of(TEXT)}", None),
        (None, None, apollo(hash_of(TEXT))),
        (None, None, apollo("abc")),
    ],
)
def test_nothing_else_runs_where_only_trusted_documents_do(
    strict: DocumentStore, query: str | None, id_: str | None, said: dict[str, Any] | None
) -> None:
    for _ in range(2):
        with pytest.raises(DocumentNotTrusted) as raised:
            strict.text_of(query, id_, said)
        assert raised.value.status == 403
        strict.keep(query, id_, said)


def test_where_texts_are_not_kept_clients_are_told_to_send_them() -> None:
    store = DocumentStore(TrustedDocuments({"md5-of-b": TRUSTED}))
    named = apollo(hash_of(TEXT))
    store.keep(TEXT, None, named)
    with pytest.raises(PersistedQueryNotSupported, match=r"^PersistedQueryNotSupported$"):
        store.text_of(None, None, named)
    assert store.text_of(TEXT, None, named) == TEXT
    assert store.text_of(None, None, apollo(hash_of(TRUSTED))) == TRUSTED


def test_the_text_that_was_not_asked_for_longest_makes_room() -> None:
    kept = PersistedQueries(max_documents=2)
    kept.keep("a", "text a")
    kept.keep("b", "text b")
    assert kept.get("a") == "text a"
    kept.keep("c", "text c")
    assert kept.get("b") is None
    assert [kept.get("a"), kept.get("c")] == ["text a", "text c"]


@pytest.mark.parametrize("character", ["a", "é", "☃", "😀"])
def test_no_texts_fill_the_memory(character: str) -> None:
    kept = PersistedQueries(max_documents=10**9, max_bytes=100_000, max_document_bytes=20_000)
    for number in range(200):
        kept.keep(str(number), f"{number}" + character * 1_000)
        assert kept.bytes <= 100_000
    assert 20 <= len(kept) < 100
    kept.keep("long", character * 20_000)
    assert kept.get("long") is None
    assert kept.get("199") is not None


def test_a_text_that_is_kept_twice_counts_once() -> None:
    kept = PersistedQueries()
    kept.keep("a", "text a")
    once = kept.bytes
    kept.keep("a", "text a")
    assert (kept.bytes, len(kept)) == (once, 1)
