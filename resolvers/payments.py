"""Payments: told by webhooks, live as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from adapters import payments
from patchbay.paging import page_resolver
from patchbay.updates import After
from resolvers.orders import updates_of_order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patchbay.inbox import Update


payments_page = page_resolver(payments.payment_pages)
"""Payments by number, or as they are filtered and ordered."""


def payment_updated(
    order_id: strawberry.ID | None = None, status: list[str] | None = None, after: After = None
) -> AsyncIterator[Update[payments.Payment]]:
    """Each payment as it changes; those of one order and with one of these statuses when they are given."""
    return updates_of_order(payments.payment_records, order_id, after=after, status=status)
