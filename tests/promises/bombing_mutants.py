"""Mistakes that let a request cost more than it should, or break on what it holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import OverlappingFieldsCanBeMergedRule

from patchbay.access.limits import validation
from patchbay.access.limits.merging import MergingRule
from patchbay.server import documents, service
from patchbay.server.transports import http
from tests.promises.patching import patch


def no_text_limits() -> None:
    """A text is parsed however long it is."""
    patch(documents, "check_text", lambda *_: None)


def no_structure_limits() -> None:
    """A document is validated whatever it holds."""
    patch(documents, "check_document", lambda *_: None)


def no_value_limits() -> None:
    """Variables are coerced however many they are."""
    patch(service, "check_values", lambda *_: None)


def fields_compared_in_pairs() -> None:
    """Overlapping fields are looked for by graphql-core's rule."""
    rules = tuple(
        OverlappingFieldsCanBeMergedRule if rule is MergingRule else rule for rule in validation.RULES
    )
    patch(validation, "RULES", rules)


def no_body_cap() -> None:
    """A body may have any size."""
    os.environ["PATCHBAY_MAX_OPERATION_BYTES"] = "1000000000"


def json_by_the_book() -> None:
    """Bodies are read by the standard library, whose errors nobody expects."""

    def decoded(body: bytes) -> Any:
        return json.loads(body)

    patch(http, "decoded", decoded)


BOMBING_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        no_text_limits,
        no_structure_limits,
        no_value_limits,
        fields_compared_in_pairs,
        no_body_cap,
        json_by_the_book,
    )
}
