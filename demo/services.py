"""The demo's services: one entry each, which says how the graph reaches it and what it proves itself with."""

from typing import Final, NamedTuple


class Service(NamedTuple):
    """The service `python -m demo.<name>`.

    `address` is the environment variable of its URL, `path` what that URL ends in; `credentials` are the
    variables of what it and its callers share.
    """

    name: str
    address: str
    credentials: tuple[str, ...]
    path: str = ""


SERVICES: Final = (
    Service("crm", "CRM_URL", ("CRM_KEY",)),
    Service("shop", "SHOP_URL", ("SHOP_TOKEN",)),
    Service("erp", "ERP_WSDL", ("ERP_USER", "ERP_PASSWORD"), path="/soap?wsdl"),
    Service("psp", "PAYMENTS_API_URL", ("PAYMENTS_API_KEY",)),
    Service("weather", "WEATHER_URL", ("WEATHER_USER", "WEATHER_PASSWORD")),
    Service("carrier", "CARRIER_URL", ("CARRIER_KEY",)),
    Service("accounting", "ACCOUNTING_URL", ("ACCOUNTING_USER", "ACCOUNTING_PASSWORD")),
    Service("chat", "CHAT_URL", ("CHAT_TOKEN",)),
)
