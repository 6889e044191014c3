"""Trusted documents: those that front ends were built with, in the manifests of their tooling.

Two shapes are known, by what is in a file:

    {"id": "query A { ... }", ...}                      Relay, GraphQL Code Generator, urql
    {"format": "apollo-persisted-query-manifest",       Apollo
     "version": 1, "operations": [{"id": ..., "body": "query A { ... }"}, ...]}

What is wrong with a file stops the start, in a sentence with its name.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError, OperationDefinitionNode, parse
from graphql import validate as graphql_errors

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Self, TypeAlias

    from graphql import DocumentNode, GraphQLSchema

    Validate: TypeAlias = Callable[[GraphQLSchema, DocumentNode], Sequence[GraphQLError]]
    """What is wrong with a parsed document."""

SETTING: Final = "PATCHBAY_TRUSTED_DOCUMENTS"

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES: Final = 1024 * 1024
MAX_DOCUMENT_TOKENS: Final = 100_000
"""Against files that are something else. What may run is bounded by the limits of operations."""

HASH_PREFIX: Final = "sha256:"
"""Of ids as GraphQL over HTTP defines them: the SHA-256 of the text follows, in lower-case hexadecimal."""

APOLLO_FORMAT: Final = "apollo-persisted-query-manifest"
APOLLO_VERSION: Final = 1


class TrustedDocuments:
    """Documents by id and by the SHA-256 of their text.

    Args:
        texts: id -> text.
        nodes: id -> the same, parsed; what is not among them is parsed here.

    Raises:
        ConfigurationError: a text is no GraphQL document, or too large; names its id.
    """

    def __init__(self, texts: Mapping[str, str], nodes: Mapping[str, DocumentNode] | None = None) -> None:
        known = nodes or {}
        self._nodes = {id_: known.get(id_) or _parsed(id_, text) for id_, text in texts.items()}
        self._by_id = dict(texts)
        self._by_hash = {hash_of(text): text for text in texts.values()}

    @classmethod
    def read(cls, path: Path) -> Self:
        """Those of a manifest, or of all *.json files in a folder.

        Raises:
            ConfigurationError: it cannot be read, it is no manifest, an id has two texts, or a text is no
                document; names the file.
        """
        texts: dict[str, str] = {}
        nodes: dict[str, DocumentNode] = {}
        for file in _files(path):
            try:
                for id_, text in _entries(_content(file)):
                    _require_one_text(id_, text, texts)
                    if id_ not in nodes:
                        nodes[id_] = _parsed(id_, text)
            except ConfigurationError as error:
                raise ConfigurationError(f"{SETTING}: {file}: {error}") from error
        if not texts:
            raise ConfigurationError(f"{SETTING}: {path}: there are no documents in it")
        return cls(texts, nodes)

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def texts(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self._by_hash.values())

    def get(self, document_id: str) -> str | None:
        """The text of the document with this id, None where there is none.

        An id is the manifest's own, or the text's SHA-256 in hexadecimal, with and without HASH_PREFIX.
        """
        text = self._by_id.get(document_id)
        return self._by_hash.get(document_id.removeprefix(HASH_PREFIX)) if text is None else text

    def holds(self, text: str) -> bool:
        """Whether it is the very text of one of the documents."""
        return hash_of(text) in self._by_hash

    def problems(self, schema: GraphQLSchema, validate: Validate = graphql_errors) -> list[str]:
        """Why documents could not be run, a sentence for each of them that could not.

        Asked once, at the start: what was parsed for it is let go.

        Args:
            schema: what they are for.
            validate: what is checked of a parsed document, GraphQL's rules where it is left out.
        """
        nodes, self._nodes = self._nodes, {}
        found = []
        for id_, node in nodes.items():
            problem = _problem(schema, node, validate)
            if problem is not None:
                found.append(f"{SETTING}: the document {_shown(id_)} cannot be run: {problem}")
        return found


def hash_of(text: str) -> str:
    """Its SHA-256 in lower-case hexadecimal, as clients compute it."""
    # A lone surrogate has no bytes in UTF-8; no client can have hashed it.
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def _problem(schema: GraphQLSchema, node: DocumentNode, validate: Validate) -> str | None:
    if not any(isinstance(each, OperationDefinitionNode) for each in node.definitions):
        return "there is no operation in it"
    errors = validate(schema, node)
    return f"{errors[0].message}{_position(errors[0])}" if errors else None


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.glob("*.json") if file.is_file())
    if not files:
        raise ConfigurationError(f"{SETTING}: {path}: there is no file *.json in this folder")
    return files


def _content(file: Path) -> Any:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise ConfigurationError(f"the file is larger than {MAX_FILE_BYTES} bytes")
        return json.loads(file.read_bytes(), object_pairs_hook=_unambiguous)
    except OSError as error:
        raise ConfigurationError(f"the file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("the file is no UTF-8") from error
    except RecursionError as error:
        raise ConfigurationError("the file is nested too deeply") from error
    except ValueError as error:
        raise ConfigurationError(f"the file is no JSON: {error}") from error


def _unambiguous(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object, of which JSON would take the last of several members with one name."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if made.setdefault(name, value) != value:
            raise ConfigurationError(f"{_shown(name)} stands there twice, with two values")
    return made


def _entries(content: Any) -> list[tuple[str, str]]:
    """Ids and texts."""
    if not isinstance(content, dict):
        raise ConfigurationError("a manifest is a JSON object")
    if isinstance(content.get("operations"), list | dict) or content.get("format") == APOLLO_FORMAT:
        return _apollo_entries(content)
    for id_, text in content.items():
        if not isinstance(text, str):
            raise ConfigurationError(f"the document {_shown(id_)} is no text")
    return list(content.items())


def _apollo_entries(content: dict[str, Any]) -> list[tuple[str, str]]:
    if content.get("format") != APOLLO_FORMAT or content.get("version") != APOLLO_VERSION:
        raise ConfigurationError(f"a manifest with operations has the format {APOLLO_FORMAT}, version 1")
    operations = content.get("operations")
    if not isinstance(operations, list):
        raise ConfigurationError("'operations' is a list of objects with 'id' and 'body'")
    entries = []
    for place, operation in enumerate(operations):
        id_, text = (
            (operation.get("id"), operation.get("body")) if isinstance(operation, dict) else (None, None)
        )
        if not isinstance(id_, str) or not isinstance(text, str):
            raise ConfigurationError(f"operations[{place}] has no 'id' or no 'body'")
        entries.append((id_, text))
    return entries


def _require_one_text(id_: str, text: str, texts: dict[str, str]) -> None:
    if texts.setdefault(id_, text) != text:
        raise ConfigurationError(f"the id {_shown(id_)} has two texts")


def _parsed(id_: str, text: str) -> DocumentNode:
    if len(text.encode(errors="surrogatepass")) > MAX_DOCUMENT_BYTES:
        raise ConfigurationError(f"the document {_shown(id_)} is larger than {MAX_DOCUMENT_BYTES} bytes")
    try:
        return parse(text, max_tokens=MAX_DOCUMENT_TOKENS)
    except GraphQLError as error:
        problem = f"{error.message}{_position(error)}"
    except RecursionError:
        problem = "it is nested too deeply"
    raise ConfigurationError(f"the document {_shown(id_)} is no GraphQL: {problem}")


def _position(error: GraphQLError) -> str:
    if not error.locations:
        return ""
    place = error.locations[0]
    return f" (line {place.line}, column {place.column})"


def _shown(id_: str) -> str:
    """An id for a message; one that is no id at all is cut."""
    most = 80
    return repr(id_ if len(id_) <= most else f"{id_[:most]}…")
