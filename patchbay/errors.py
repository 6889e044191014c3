"""Every error that Patchbay raises on purpose.

    PatchbayError                 INTERNAL_SERVER_ERROR: what has no code of its own
    ├── ConfigurationError        CONFIGURATION_ERROR: a setting, a variable or a declaration is wrong;
    │                             stops the start, or ends the operation that finds it out
    │   └── DescriptionError      CONFIGURATION_ERROR: a description cannot be read (importing/documents/)
    ├── UnresolvedRef             CONFIGURATION_ERROR: a `$ref` leads to nothing; noted, and ends no import
    ├── InputError                BAD_USER_INPUT: an argument of the client's; names it
    ├── LimitExceeded             OPERATION_LIMIT_EXCEEDED: more than an operation may hold; says which limit
    ├── ForgeableRequest          PREFLIGHT_REQUIRED: a foreign page could have made it (server/csrf.py)
    ├── DocumentNotFound          DOCUMENT_NOT_FOUND: no document has this id (access/documents/errors.py)
    ├── DocumentNotTrusted        DOCUMENT_NOT_TRUSTED: only trusted documents run, and this is none
    ├── PersistedQueryNotFound    PERSISTED_QUERY_NOT_FOUND: the hash is not known; send the text as well
    ├── PersistedQueryNotSupported PERSISTED_QUERY_NOT_SUPPORTED: the hash is not known, nor will it be
    ├── PersistedQueryInvalid     PERSISTED_QUERY_INVALID: the hash is none, or not the text's
    ├── Unauthenticated           UNAUTHENTICATED: credentials prove nothing (access/proofs/)
    │   └── TokenExpired          TOKEN_EXPIRED: the token was right, and its time is over
    ├── IdentityUnavailable       IDENTITY_UNAVAILABLE: nobody can tell now who asks
    ├── SchemaHidden              INTROSPECTION_DENIED: the schema is not for this client (server/audience.py)
    ├── CostLimitExceeded         COST_LIMIT_EXCEEDED: dearer than an operation may be (access/cost/guard.py)
    ├── CostBudgetExceeded        COST_BUDGET_EXCEEDED: the client has spent what it may in a minute
    ├── ListTooLong               LIST_TOO_LONG: longer than the schema declares (execution/sizes.py)
    ├── InboxUnavailable          INBOX_UNAVAILABLE: webhooks' records cannot be read or kept (inbox/model.py)
    │   ├── RefusedError          INBOX_UNAVAILABLE: the database works, and refuses what it was given
    │   ├── NotLeadingError       INBOX_UNAVAILABLE: another process leads on this database
    │   └── LostRunError          INBOX_UNAVAILABLE: another process has taken this work over (inbox/runs.py)
    ├── EventFailed               EVENT_FAILED: kept with an event that cannot be applied (inbox/model.py)
    ├── SignatureError            SIGNATURE_ERROR: a delivery is not accepted (inbox/signatures/)
    ├── SignatureUndecided        SIGNATURE_ERROR: nobody can say now whether it is authentic
    ├── SubscriptionOverflow      SUBSCRIPTION_OVERFLOW: the client reads slower than events come
    ├── CursorExpired             CURSOR_EXPIRED: what changed behind a subscription's cursor is not kept
    ├── StepFailed                STEP_FAILED: a step of a reaction cannot succeed (reactions.py)
    ├── OperationTimeout          OPERATION_TIMEOUT: a field had no value when the operation's time was over
    ├── RateLimited               RATE_LIMITED: more operations than are allowed now (server/rates.py)
    ├── TooManySubscriptions      TOO_MANY_SUBSCRIPTIONS: more on one connection than it may carry
    ├── TooManyReservations       TOO_MANY_RESERVATIONS: event streams that are reserved and not opened
    ├── UnauthorizedFieldOrType   UNAUTHORIZED_FIELD_OR_TYPE: the client may not see this field or its type
    └── UpstreamError             UPSTREAM_ERROR: about one call of one upstream; names the upstream
        ├── UpstreamTimeout       UPSTREAM_TIMEOUT: no whole answer inside the deadline
        ├── UpstreamBusy          UPSTREAM_BUSY: no free place among the upstream's concurrent calls
        ├── UpstreamUnavailable   UPSTREAM_UNAVAILABLE: refused, reset, unknown host, TLS, HTTP 5xx
        ├── CircuitOpen           UPSTREAM_CIRCUIT_OPEN: it failed too often, and is left alone for a moment
        ├── UpstreamForbidden     UPSTREAM_FORBIDDEN: the call leads to where this upstream may not be
        ├── UpstreamRefused       UPSTREAM_REFUSED: HTTP 4xx or a redirect: it will not serve this call
        ├── UpstreamUnauthenticated UPSTREAM_UNAUTHENTICATED: there are no credentials to make the call with
        ├── UpstreamQuota         UPSTREAM_QUOTA: HTTP 429, or no slot in its quota before the deadline
        ├── UpstreamBadData       UPSTREAM_BAD_DATA: the answer is not what was declared; has its path
        ├── UpstreamMisconfigured UPSTREAM_MISCONFIGURED: what was declared does not fit it; the log says why
        ├── UpstreamTooLarge      UPSTREAM_TOO_LARGE: the body passes the cap
        ├── UpstreamGraphQLError  UPSTREAM_GRAPHQL_ERROR: a GraphQL upstream's error; has its code as `reason`
        └── SoapFault             SOAP_FAULT: a SOAP fault; has the fault's name

Clients of the graph never see EVENT_FAILED and STEP_FAILED, which stay in the inbox, nor SIGNATURE_ERROR,
whose sentence goes to the webhook's sender.

Clients see the message and `extensions` of these errors and of no others: neither holds a payload, a
credential or an address. What a log needs beyond that stands in the chained cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class PatchbayError(Exception):
    """Base of all errors raised on purpose. The message is safe to show to a client."""

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"

    @property
    def extensions(self) -> dict[str, object]:
        """What a client gets under `errors[].extensions`; graphql-core reads this attribute."""
        return {"code": self.code}


class ConfigurationError(PatchbayError):
    """A setting, an environment variable or a declaration is wrong; the message names it."""

    code = "CONFIGURATION_ERROR"


class InputError(PatchbayError):
    """An argument that a client sent cannot be used.

    Args:
        argument: the argument's name as the client wrote it.
        problem: the rest of the sentence, as in "must not be negative".
    """

    code = "BAD_USER_INPUT"

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"argument '{argument}' {problem}")
        self.argument = argument

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "argument": self.argument}


class LimitExceeded(PatchbayError):
    """An operation holds more of something than it may.

    Args:
        limit: the name of what it is too much of.
        maximum: how much there may be.
        sentence: with `{max}` in it, where the message is to say that.
    """

    code = "OPERATION_LIMIT_EXCEEDED"

    def __init__(self, limit: str, maximum: int, sentence: str) -> None:
        super().__init__(sentence.format(max=maximum))
        self.limit = limit
        self.maximum = maximum

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "limit": self.limit, "max": self.maximum}


class OperationTimeout(PatchbayError):
    """The operation's deadline passed while a field was still being resolved."""

    code = "OPERATION_TIMEOUT"

    def __init__(self) -> None:
        super().__init__("not resolved before the operation's deadline")


class UnauthorizedFieldOrType(PatchbayError):
    """The client may not see a field, or objects of its type. Nothing was read for it."""

    code = "UNAUTHORIZED_FIELD_OR_TYPE"

    def __init__(self) -> None:
        super().__init__("unauthorized field or type")


class SubscriptionOverflow(PatchbayError):
    """A subscriber read slower than events arrived, and its bounded queue was full.

    Args:
        cursor: of the last update that was given out; nothing is missed by going on after it.
    """

    code = "SUBSCRIPTION_OVERFLOW"

    def __init__(self, cursor: str) -> None:
        super().__init__("events arrived faster than they were read; subscribe again, after this cursor")
        self.cursor = cursor

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "cursor": self.cursor}


class CursorExpired(PatchbayError):
    """Some of the changes behind a subscription's cursor are no longer kept."""

    code = "CURSOR_EXPIRED"

    def __init__(self) -> None:
        super().__init__(
            "changes behind this cursor are no longer kept; read the records, and subscribe anew"
        )


class UpstreamError(PatchbayError):
    """One call of one upstream failed.

    Args:
        source: the upstream's name.
        problem: the rest of the sentence that starts with the upstream's name.

    Attributes:
        detail: what the upstream declares that it says of its errors, as clients may see it (see
            patchbay.importing.details); None where nothing is declared or said.
    """

    code = "UPSTREAM_ERROR"
    detail: Mapping[str, object] | None = None

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        told: dict[str, object] = {"code": self.code, "source": self.source}
        if self.detail is not None:
            told["detail"] = dict(self.detail)
        return told


class UpstreamTimeout(UpstreamError):
    """No whole answer came inside the deadline."""

    code = "UPSTREAM_TIMEOUT"

    def __init__(self, source: str, deadline_seconds: float) -> None:
        super().__init__(source, f"no answer within {deadline_seconds:.3g} s")


class UpstreamBusy(UpstreamError):
    """All of the upstream's concurrent calls stayed taken until the deadline."""

    code = "UPSTREAM_BUSY"

    def __init__(self, source: str, concurrency: int) -> None:
        super().__init__(source, f"all {concurrency} concurrent calls stayed busy until the deadline")


class UpstreamUnavailable(UpstreamError):
    """The upstream cannot be reached, broke the connection, or answered HTTP 5xx.

    Attributes:
        status: that of the answer, where its body is declared; None elsewhere.
    """

    code = "UPSTREAM_UNAVAILABLE"
    status: int | None = None

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        told = super().extensions
        if self.status is not None:
            told["status"] = self.status
        return told


class CircuitOpen(UpstreamError):
    """The upstream failed too often, so that nothing was sent."""

    code = "UPSTREAM_CIRCUIT_OPEN"

    def __init__(self, source: str) -> None:
        super().__init__(source, "failed too often and is left alone for a moment")


class UpstreamForbidden(UpstreamError):
    """The call would leave the places that the upstream was allowed, so that nothing was sent."""

    code = "UPSTREAM_FORBIDDEN"


class UpstreamUnauthenticated(UpstreamError):
    """There are no credentials to make the call with: the client brought none, or no token could be had."""

    code = "UPSTREAM_UNAUTHENTICATED"


class UpstreamRefused(UpstreamError):
    """The upstream answered, but will not serve this call."""

    code = "UPSTREAM_REFUSED"

    def __init__(self, source: str, status: int) -> None:
        super().__init__(source, f"refused the call (HTTP {status})")
        self.status = status

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {**super().extensions, "status": self.status}


class UpstreamQuota(UpstreamError):
    """The upstream's quota is spent.

    Args:
        source: the upstream's name.
        retry_after_seconds: when there may be a slot again, as far as that is known.
    """

    code = "UPSTREAM_QUOTA"

    def __init__(self, source: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(source, "its quota is spent")
        self.retry_after_seconds = retry_after_seconds

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        told = super().extensions
        if self.retry_after_seconds is not None:
            told["retry_after_seconds"] = round(self.retry_after_seconds, 3)
        return told


class UpstreamBadData(UpstreamError):
    """The answer is not of the declared shape.

    Args:
        source: the upstream's name.
        problem: what is wrong, without any of the upstream's data.
        path: where, as `$.data[3].total.cents`; `$` is the whole body.
    """

    code = "UPSTREAM_BAD_DATA"

    def __init__(self, source: str, problem: str, path: str = "$") -> None:
        super().__init__(source, f"{problem} at {path}")
        self.path = path

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {"code": self.code, "source": self.source, "path": self.path}


class UpstreamMisconfigured(UpstreamError):
    """The upstream's description, or what was declared of it, is wrong. The cause says what, to the log."""

    code = "UPSTREAM_MISCONFIGURED"

    def __init__(self, source: str) -> None:
        super().__init__(source, "is not set up correctly")


class UpstreamTooLarge(UpstreamError):
    """The body, decompressed, passes the cap."""

    code = "UPSTREAM_TOO_LARGE"

    def __init__(self, source: str, max_body_bytes: int) -> None:
        super().__init__(source, f"the answer is larger than {max_body_bytes} bytes")


class UpstreamGraphQLError(UpstreamError):
    """A GraphQL upstream answered with an error.

    Args:
        source: the upstream's name.
        reason: the error's `extensions.code`, where that is a plain word; nothing else of it is told.
    """

    code = "UPSTREAM_GRAPHQL_ERROR"

    def __init__(self, source: str, reason: str | None = None) -> None:
        super().__init__(source, f"GraphQL error {reason}" if reason else "GraphQL error")
        self.reason = reason

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        told = super().extensions
        if self.reason is not None:
            told["reason"] = self.reason
        return told


class SoapFault(UpstreamError):
    """The upstream answered with a SOAP fault.

    Args:
        source: the upstream's name.
        fault: the declared fault's element name where the detail has one, else the fault code's local name.
    """

    code = "SOAP_FAULT"

    def __init__(self, source: str, fault: str) -> None:
        super().__init__(source, f"SOAP fault {fault}")
        self.fault = fault

    @property
    def extensions(self) -> dict[str, object]:
        """See PatchbayError."""
        return {**super().extensions, "fault": self.fault}
