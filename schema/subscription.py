"""What can be watched."""

from __future__ import annotations

import strawberry

from patchbay.records import record_subscription
from patchbay.updates import RecordUpdate
from resolvers import payments, shipments
from schema.payments import Payment
from schema.shipments import Shipment


@strawberry.type
class Subscription:
    """Fed by webhooks, after they are stored."""

    payment_updated: RecordUpdate[Payment] = record_subscription(
        payments.payment_updated,
        description="Each payment as it changes; of one order and with one of these statuses when given.",
    )
    shipment_updated: RecordUpdate[Shipment] = record_subscription(
        shipments.shipment_updated,
        description="Each shipment as it changes; of one order, by one of these carriers and with one of "
        "these statuses when given.",
    )
