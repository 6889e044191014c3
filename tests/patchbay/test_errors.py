"""Every error has a code and says what it is about; upstream errors name their upstream."""

from __future__ import annotations

import pytest

from patchbay import errors
from patchbay.errors import PatchbayError, UpstreamError

EXAMPLES: list[tuple[PatchbayError, str, dict[str, object]]] = [
    (errors.ConfigurationError("PORT is not a number"), "PORT is not a number", {}),
    (errors.InputError("first", "must not be negative"), "argument 'first' must not", {"argument": "first"}),
    (
        errors.LimitExceeded("depth", 20, "deeper than {max} fields"),
        "deeper than 20 fields",
        {"limit": "depth", "max": 20},
    ),
    (errors.OperationTimeout(), "not resolved before", {}),
    (errors.UnauthorizedFieldOrType(), "unauthorized field or type", {}),
    (errors.SubscriptionOverflow("c1"), "events arrived faster", {"cursor": "c1"}),
    (errors.CursorExpired(), "changes behind this cursor are no longer kept", {}),
    (errors.UpstreamError("crm", "failed"), "crm: failed", {"source": "crm"}),
    (errors.UpstreamTimeout("crm", 0.25), "crm: no answer within 0.25 s", {"source": "crm"}),
    (errors.UpstreamBusy("crm", 20), "crm: all 20 concurrent calls", {"source": "crm"}),
    (errors.UpstreamUnavailable("crm", "answered HTTP 503"), "crm: answered HTTP 503", {"source": "crm"}),
    (
        errors.UpstreamRefused("crm", 403),
        "crm: refused the call (HTTP 403)",
        {"source": "crm", "status": 403},
    ),
    (errors.CircuitOpen("crm"), "crm: failed too often", {"source": "crm"}),
    (errors.UpstreamForbidden("crm", "leads elsewhere"), "crm: leads elsewhere", {"source": "crm"}),
    (errors.UpstreamUnauthenticated("crm", "no token"), "crm: no token", {"source": "crm"}),
    (errors.UpstreamQuota("crm"), "crm: its quota is spent", {"source": "crm"}),
    (
        errors.UpstreamQuota("crm", 1.5),
        "crm: its quota is spent",
        {"source": "crm", "retry_after_seconds": 1.5},
    ),
    (errors.UpstreamBadData("crm", "wrong", "$.a"), "crm: wrong at $.a", {"source": "crm", "path": "$.a"}),
    (errors.UpstreamMisconfigured("crm"), "crm: is not set up correctly", {"source": "crm"}),
    (errors.UpstreamTooLarge("crm", 10), "crm: the answer is larger than 10 bytes", {"source": "crm"}),
    (errors.UpstreamGraphQLError("catalog"), "catalog: GraphQL error", {"source": "catalog"}),
    (
        errors.UpstreamGraphQLError("catalog", "NOT_FOUND"),
        "catalog: GraphQL error NOT_FOUND",
        {"source": "catalog", "reason": "NOT_FOUND"},
    ),
    (errors.SoapFault("erp", "Locked"), "erp: SOAP fault Locked", {"source": "erp", "fault": "Locked"}),
]


@pytest.mark.parametrize(("error", "message", "about"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_message_and_extensions_say_what_happened(
    error: PatchbayError, message: str, about: dict[str, object]
) -> None:
    assert str(error).startswith(message)
    assert error.extensions == {"code": error.code, **about}


def test_the_examples_are_all_there_is() -> None:
    def below(kind: type[PatchbayError]) -> set[type[PatchbayError]]:
        mine = {sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__}
        return mine.union(*map(below, mine))

    assert {type(error) for error, _, _ in EXAMPLES} == below(PatchbayError)


def test_no_two_kinds_share_a_code() -> None:
    kinds = {type(error) for error, _, _ in EXAMPLES}
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_all_about_an_upstream_are_caught_as_one() -> None:
    with_source = {type(error) for error, _, about in EXAMPLES if "source" in about}
    assert with_source == {type(error) for error, _, _ in EXAMPLES if isinstance(error, UpstreamError)}
