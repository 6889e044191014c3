"""What other systems do after an event: a chain of steps each. See patchbay.reactions for how they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import accounting, carrier, chat, erp, shop
from patchbay.reactions import Reaction, required

if TYPE_CHECKING:
    from patchbay.reactions import Step

order_placed = Reaction("order_placed", shop.placed_orders, once_per="record")


@order_placed.step(idempotent=True)
async def reserve_stock(order: shop.OrderPlaced, step: Step) -> list[erp.Reservation]:
    """Set aside what was ordered; one reservation for each line, in their order."""
    return [
        await erp.reserve_stock(Sku=item.sku, Quantity=item.quantity, idempotency_key=step.key(str(line)))
        for line, item in enumerate(order.items)
    ]


@order_placed.step(idempotent=True)
async def create_label(order: shop.OrderPlaced, step: Step) -> carrier.Label:
    """Have a label made for the parcel."""
    items = [carrier.ParcelItem(item.sku, item.quantity) for item in order.items]
    parcel = carrier.NewLabel(order.id, order.customer_id, items)
    return required(await carrier.create_label(parcel, idempotency_key=step.key()))


@order_placed.step(idempotent=True)
async def record_transaction(order: shop.OrderPlaced, step: Step) -> accounting.Transaction:
    """Book the order's total."""
    amount = accounting.Amount(order.total.cents, order.total.currency)
    booking = accounting.NewTransaction(order.id, order.customer_id, amount)
    return required(await accounting.record_transaction(booking, idempotency_key=step.key()))


@order_placed.step(idempotent=True)
async def notify_team(order: shop.OrderPlaced, step: Step) -> chat.Message:
    """Tell those who pack."""
    label, reservations = step.result_of(create_label), step.result_of(reserve_stock)
    text = f"Order {order.id}: {len(reservations)} items set aside, parcel {label.tracking_number}"
    message = chat.NewMessage("orders", text)
    return required(await chat.post_message(message, idempotency_key=step.key()))


REACTIONS: tuple[Reaction[Any], ...] = (order_placed,)
