"""Validation of documents against the schema, within a budget of time.

Beside graphql-core's rules, of which one bounds circular introspection, there are Strawberry's. With the
documents that patchbay.access.limits.checks lets through, each rule takes time linear in the document; the
one that would not is replaced, see patchbay.access.limits.merging.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import GraphQLError, OverlappingFieldsCanBeMergedRule, specified_rules
from graphql import validate as validate_by_rules
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from patchbay.access.limits.merging import MergingRule
from patchbay.errors import LimitExceeded

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLSchema

RULES: Final = (
    *(MergingRule if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)

MAX_ERRORS = 10
"""After which nothing more is looked for. An error can print a whole argument, and to name what was perhaps
meant takes a look at all names of a type."""

MAX_MESSAGE_CHARACTERS = 1000
"""Of one error: some quote the document."""


def validate(
    schema: GraphQLSchema, document: DocumentNode, *, hide_suggestions: bool = False
) -> list[GraphQLError]:
    """What is wrong with the document; nothing where it is valid.

    Args:
        schema: that it is for.
        document: within the limits of patchbay.access.limits.checks.
        hide_suggestions: name nothing of the schema that was perhaps meant.

    Returns:
        One error with LimitExceeded as its cause where the document takes too long to be validated.
    """
    try:
        errors = validate_by_rules(schema, document, RULES, MAX_ERRORS, hide_suggestions)
    except LimitExceeded as limit:
        return [GraphQLError(str(limit), original_error=limit)]
    for error in errors:
        if hide_suggestions:
            # One rule offers its advice to everybody.
            error.message = error.message.partition(" Did you mean")[0]
        if len(error.message) > MAX_MESSAGE_CHARACTERS:
            error.message = error.message[:MAX_MESSAGE_CHARACTERS] + "…"
    return errors
