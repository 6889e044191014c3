"""What stands between a request and an operation, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from graphql import DocumentNode, GraphQLError, GraphQLSchema

from patchbay.access.cost.budget import CostBudget
from patchbay.access.cost.guard import CostGuard
from patchbay.access.documents.persisted_queries import PersistedQueries
from patchbay.access.documents.store import DocumentStore
from patchbay.access.documents.trusted_documents import TrustedDocuments
from patchbay.access.limits.checks import Limits
from patchbay.access.limits.validation import validate
from patchbay.errors import ConfigurationError
from patchbay.server.documents import DocumentReader

if TYPE_CHECKING:
    from patchbay.server.settings import Settings

_log = structlog.get_logger("patchbay.server")


def limits_of(settings: Settings) -> Limits:
    """What one operation may hold."""
    return Limits(
        tokens=settings.max_tokens,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        root_fields=settings.max_root_fields,
        directives=settings.max_directives,
        list_items=settings.max_list_items,
    )


def costs_of(settings: Settings) -> CostGuard:
    """What operations may cost."""
    per_minute = settings.cost_per_minute
    return CostGuard(
        max_points=settings.max_cost,
        max_calls=settings.max_upstream_calls,
        # Each replica has its share, as of rates.
        budget=None if per_minute is None else CostBudget(max(1, per_minute // settings.replicas)),
    )


def documents_of(settings: Settings, schema: GraphQLSchema, reader: DocumentReader) -> DocumentStore:
    """All documents that clients can name.

    Args:
        settings: the server's.
        schema: the graph's; trusted documents are validated against it.
        reader: keeps what is trusted.

    Raises:
        ConfigurationError: the manifest cannot be read; or no others are run, and one of its documents could
            not be.
    """
    trusted = None
    if settings.trusted_documents is not None:
        trusted = TrustedDocuments.read(settings.trusted_documents)
        problems = trusted.problems(schema, _validated)
        if problems and settings.trusted_only:
            raise ConfigurationError("\n".join(problems))
        for problem in problems:
            _log.warning("trusted_document_unusable", problem=problem)
        for text in trusted.texts:
            reader.keep(text)
    elif settings.trusted_only:
        raise ConfigurationError("PATCHBAY_TRUSTED_ONLY is set, and PATCHBAY_TRUSTED_DOCUMENTS is not")
    kept = PersistedQueries() if settings.persisted_queries else None
    return DocumentStore(trusted, kept, trusted_only=settings.trusted_only)


def _validated(schema: GraphQLSchema, node: DocumentNode) -> list[GraphQLError]:
    return validate(schema, node)
