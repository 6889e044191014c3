"""What can be watched."""

from __future__ import annotations

import strawberry

from patchbay.records import record_subscription
from resolvers import payments, shipments
from schema.payments import Payment
from schema.shipments import Shipment


@strawberry.type
class Subscription:
    """Fed by webhooks, after they are stored."""

    payment_updated: Payment = record_subscription(
        payments.payment_updated, description="Each payment as it changes; of one order when given."
    )
    shipment_updated: Shipment = record_subscription(
        shipments.shipment_updated,
        description="Each shipment as it changes; of one order when given.",
    )
