"""Documents: parsed and validated once, when they are small enough to be kept."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from strawberry.types import ExecutionContext

MAX_TOKENS = 15_000
"""A longer document is refused while it is read."""

MAX_KEPT_CHARACTERS = 8_192
MAX_KEPT_DOCUMENTS = 512
"""Together they bound the cache: a parsed document takes some sixty times its text."""


class Document:
    """A parsed document. Its validation errors are None until it was validated.

    `prepared` is for those who keep something with the document: operation's name -> what they keep.
    """

    __slots__ = ("errors", "node", "operations", "prepared")

    def __init__(self, text: str) -> None:
        self.node: DocumentNode = parse(text, max_tokens=MAX_TOKENS)
        self.operations = sum(isinstance(each, OperationDefinitionNode) for each in self.node.definitions)
        self.errors: list[GraphQLError] | None = None
        self.prepared: dict[str | None, Any] = {}


def document_reader() -> Callable[[str], Document]:
    """Reads documents, and keeps small ones; for one schema, as their errors are kept with them."""
    kept = lru_cache(MAX_KEPT_DOCUMENTS)(Document)
    return lambda text: kept(text) if len(text) <= MAX_KEPT_CHARACTERS else Document(text)


class Documents(SchemaExtension):
    """Takes parsing and validation over from Strawberry.

    Its hooks never raise: what is raised in them is lost to clients of WebSocket and SSE. A document that
    cannot be parsed is left to Strawberry, which parses it again and tells all clients.

    Args:
        read: the schema's own, see document_reader.
    """

    def __init__(self, read: Callable[[str], Document]) -> None:
        super().__init__()
        self._read = read
        self._document: Document | None = None

    def on_parse(self) -> Iterator[None]:
        """Parse, or take the kept document."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        try:
            self._document = self._read(context.query or "")
        except Exception:  # noqa: BLE001 - whatever it is, Strawberry meets it again
            self._document = None
        else:
            context.graphql_document = self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate, or take the kept errors."""
        context = self.execution_context
        document = self._document
        if document is not None:
            context.pre_execution_errors = _ambiguity(context, document) or self._errors(document)
        yield

    def _errors(self, document: Document) -> list[GraphQLError]:
        if document.errors is None:
            context = self.execution_context
            try:
                document.errors = validate_document(
                    context.schema._schema,  # noqa: SLF001 - graphql-core's schema is offered under no other name
                    document.node,
                    context.validation_rules,
                )
            except Exception as error:  # noqa: BLE001 - graphql-core can break over a document's numbers and depth
                return [GraphQLError("the document cannot be validated", original_error=error)]
        # A copy, because errors are given their codes in place.
        return list(document.errors)


def _ambiguity(context: ExecutionContext, document: Document) -> list[GraphQLError]:
    """An error where nobody can say what to run; Strawberry would run the first operation."""
    # Whether the client named one is told nowhere else.
    if document.operations > 1 and context._provided_operation_name is None:  # noqa: SLF001
        return [GraphQLError("the document holds several operations: name one in 'operationName'")]
    return []
