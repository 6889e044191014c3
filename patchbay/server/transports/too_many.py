"""Clients that have more under way on one connection than they may."""

from __future__ import annotations

from patchbay.errors import PatchbayError


class TooManySubscriptions(PatchbayError):
    """One WebSocket, or one event stream, carries as many operations as it may.

    Args:
        most: how many.
    """

    code = "TOO_MANY_SUBSCRIPTIONS"
    status = 429

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} operations may be under way on one connection")


class TooManyReservations(PatchbayError):
    """A client has reserved event streams and does not open them.

    Attributes:
        retry_after_seconds: when it may be worth asking again.
    """

    code = "TOO_MANY_RESERVATIONS"
    status = 429
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("too many event streams are reserved and not opened")
