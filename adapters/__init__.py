"""The upstreams of this graph: one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters import accounting, carrier, chat, crm, erp, payments, shipments, shop, weather

if TYPE_CHECKING:
    from patchbay.upstreams import Upstream

UPSTREAMS: tuple[Upstream, ...] = (
    crm.crm,
    shop.shop,
    shop.shop_events,
    erp.erp,
    payments.payments,
    payments.payments_api,
    shipments.shipments,
    weather.weather,
    carrier.carrier,
    accounting.accounting,
    chat.chat,
)
