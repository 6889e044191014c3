"""What a signature scheme is given, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from patchbay.calls import Resources
from patchbay.errors import PatchbayError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.environment import Environment, Variable

Refusal: TypeAlias = Literal["malformed", "signature", "timestamp"]
"""Why a delivery is not accepted. There are no others, so that each can be counted."""

_STATUSES: Mapping[Refusal, int] = {"malformed": 400, "signature": 401, "timestamp": 401}


class SignatureError(PatchbayError):
    """A delivery is not accepted.

    Args:
        refusal: why, in one word.
        message: one sentence for the sender.

    Attributes:
        status: the HTTP status that says so, 400 to 499.
    """

    code = "SIGNATURE_ERROR"

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.status = _STATUSES[refusal]


class SignatureUndecided(PatchbayError):
    """Nobody can say now whether a delivery is authentic; the vendor should deliver it again.

    Args:
        message: one sentence for the sender.
        retry_after_seconds: when it is worth another try.
    """

    code = "SIGNATURE_ERROR"

    def __init__(self, message: str, *, retry_after_seconds: int = 30) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, repr=False)
class Delivered:
    """A delivery as received. It does not print: headers and body are the vendor's.

    Args:
        headers: names in lower case, or a mapping that ignores case.
        body: the bytes as received.
        now: epoch seconds.
        query: of the address, encoded, without the question mark.
    """

    headers: Mapping[str, str]
    body: bytes
    now: float
    query: str = ""


@dataclass(frozen=True, repr=False)
class Verified:
    """A delivery that its vendor signed. It does not print.

    Args:
        event_id: the same in each delivery of an event; 1 to 255 printable ASCII characters.
        body: JSON, as handlers get it.
        type: the event's type, such as "invoice.paid"; None where the vendor does not say.
        delivery: hex SHA-256 of what was signed, where that includes the time of sending: a retry is signed
            at another second and has another one; the same request sent again has the same, however its
            headers are rearranged. None where the scheme cannot tell the two apart.
    """

    event_id: str
    body: bytes
    type: str | None = None
    delivery: str | None = None


@dataclass(frozen=True, repr=False)
class Challenge:
    """Not an event: the vendor asks, signed, whether somebody is there. It does not print.

    Args:
        answer: the JSON object that it wants to see.
    """

    answer: Mapping[str, str]


@dataclass(frozen=True)
class Opening:
    """What a scheme is opened with.

    Args:
        source: the upstream's name, for errors.
        environment: where variables are read from.
        resources: what the pipelines of a server share, for schemes that make calls.
    """

    source: str
    environment: Environment
    resources: Resources = field(default_factory=Resources)


class Signature(Protocol):
    """A vendor's scheme. Opened with its upstream; until then it accepts nothing."""

    @property
    def signs_id(self) -> bool:
        """Whether the event id is signed. Where it is not, who saw a delivery can give it another id."""

    def variables(self) -> Sequence[Variable]:
        """The environment variables that `open` reads."""

    def open(self, opening: Opening) -> None:
        """Read the secrets, in the event loop that verifies. Raises ConfigurationError for a variable."""

    async def close(self) -> None:
        """Give back connections. Harmless when not open."""

    async def verify(self, delivered: Delivered) -> Verified | Challenge:
        """What an authentic delivery holds.

        Raises:
            SignatureError: it is not one, or its body is not what the vendor sends.
            SignatureUndecided: that cannot be told now.
        """
