"""Documents: parsed, measured and validated once, when they are small enough to be kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
)
from strawberry.extensions import SchemaExtension

from patchbay.access.limits.checks import Limits, check_document, check_text
from patchbay.access.limits.validation import validate
from patchbay.errors import PatchbayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import GraphQLSchema
    from strawberry.types import ExecutionContext

MAX_KEPT_CHARACTERS = 8_192
MAX_KEPT_DOCUMENTS = 512
"""Together they bound the cache: a parsed document takes some sixty times its text."""


class Document:
    """A document that was read.

    Args:
        node: parsed; None where that was not possible.
        problem: why there is no node, or why it may not be run whatever the schema says.

    `prepared` is for those who keep something with the document: operation's name -> what they keep.
    """

    __slots__ = ("_errors", "fragments", "node", "operations", "prepared", "problem")

    def __init__(self, node: DocumentNode | None, problem: GraphQLError | None = None) -> None:
        self.node = node
        self.problem = problem
        definitions = node.definitions if node is not None else ()
        self.operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self.fragments = {
            each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.prepared: dict[str | None, Any] = {}
        self._errors: dict[bool, list[GraphQLError]] = {}

    def errors(self, schema: GraphQLSchema, *, suggest: bool) -> list[GraphQLError]:
        """What is wrong with it.

        Args:
            schema: always the same.
            suggest: whether to name what was perhaps meant.
        """
        if self.problem is not None or self.node is None:
            return [self.problem or GraphQLError("there is no document")]
        found = self._errors.get(suggest)
        if found is None:
            if self._errors and not next(iter(self._errors.values())):
                return []
            found = self._errors[suggest] = _validated(schema, self.node, suggest=suggest)
        return found

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, or the only one."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((each for each in self.operations if each.name and each.name.value == name), None)


def _validated(schema: GraphQLSchema, node: DocumentNode, *, suggest: bool) -> list[GraphQLError]:
    try:
        return list(validate(schema, node, hide_suggestions=not suggest))
    except Exception as error:  # noqa: BLE001 - graphql-core can break over a document's numbers and depth
        return [GraphQLError("the document cannot be validated", original_error=error)]


class DocumentReader:
    """Reads documents, and keeps small ones.

    Args:
        limits: what a document may hold.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._always: dict[str, Document] = {}

    def read(self, text: str) -> Document:
        """The document. What is wrong with it is its `problem`; nothing is raised."""
        kept = self._always.get(text) or self._kept.get(text)
        if kept is not None:
            if text in self._kept:
                self._kept.move_to_end(text)
            return kept
        document = self._parsed(text)
        if len(text) <= MAX_KEPT_CHARACTERS and document.node is not None:
            self._kept[text] = document
            if len(self._kept) > MAX_KEPT_DOCUMENTS:
                self._kept.popitem(last=False)
        return document

    def keep(self, text: str) -> Document:
        """The document, kept for good. Limits are for strangers' documents and do not hold for it."""
        document = self._always[text] = Document(parse(text))
        return document

    def _parsed(self, text: str) -> Document:
        try:
            check_text(text, self._limits)
            node = parse(text)
        except PatchbayError as error:
            return Document(None, GraphQLError(str(error), original_error=error))
        except GraphQLError as error:
            return Document(None, error)
        except Exception as error:  # noqa: BLE001 - the parser can break over depth and odd characters
            return Document(None, GraphQLError("the document cannot be read", original_error=error))
        problem = check_document(node, self._limits)
        told = None if problem is None else GraphQLError(str(problem), original_error=problem)
        return Document(node, told)


class Documents(SchemaExtension):
    """Takes parsing and validation over from Strawberry.

    Its hooks never raise: what is raised in them is lost to clients of WebSocket and SSE.

    Args:
        read: the schema's own reader.
    """

    def __init__(self, read: Callable[[str], Document]) -> None:
        super().__init__()
        self._read = read
        self._document: Document | None = None

    def on_parse(self) -> Iterator[None]:
        """Parse, or take the kept document."""
        context = self.execution_context
        # Where the text has to be refused, Strawberry reads it once more to say so.
        context.parse_options["max_tokens"] = Limits().tokens
        document = getattr(context.context, "document", None)
        self._document = document = document or self._read(context.query or "")
        if document.node is not None:
            context.graphql_document = document.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate, or take the kept errors."""
        context = self.execution_context
        document = self._document
        if document is not None:
            schema = context.schema._schema  # noqa: SLF001 - graphql-core's schema is offered under no other name
            # A copy, because errors are given their codes in place.
            errors = document.errors(schema, suggest=True)
            context.pre_execution_errors = _ambiguity(context, document) or list(errors)
        yield


def _ambiguity(context: ExecutionContext, document: Document) -> list[GraphQLError]:
    """An error where nobody can say what to run; Strawberry would run the first operation."""
    # Whether the client named one is told nowhere else.
    if len(document.operations) > 1 and context._provided_operation_name is None:  # noqa: SLF001
        return [GraphQLError(AMBIGUOUS)]
    return []


AMBIGUOUS = "the document holds several operations: name one in 'operationName'"
