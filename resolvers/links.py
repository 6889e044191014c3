"""Every edge between two records. One line each; the schema's types give them their GraphQL types."""

from __future__ import annotations

from adapters import crm, erp, payments, shipments, shop, weather
from patchbay.links import connection_link, link

balance_of_customer = link(erp.balances_by_customer_numbers, key="erp_number")
orders_of_customer = connection_link(shop.orders_by_customer_ids, key="id")
customer_of_order = link(crm.customers_by_ids, key="customer_id")
payment_of_order = link(payments.payments_by_order_ids, key="id")
payments_of_order = connection_link(payments.payment_pages_by_order_ids, key="id")
shipment_of_order = link(shipments.shipments_by_order_ids, key="id")
shipments_of_order = connection_link(shipments.shipment_pages_by_order_ids, key="id")
product_of_item = link(shop.products_by_ids, key="product_id")
stock_of_product = link(erp.stock_by_skus, key="sku")
order_of_payment = link(shop.orders_by_ids, key="order_id")
order_of_shipment = link(shop.orders_by_ids, key="order_id")
weather_of_shipment = link(weather.weather_by_places, key=("latitude", "longitude"))
