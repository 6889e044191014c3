"""ERP: stock, balances and reservations. SOAP 1.1, document/literal wrapped, with WS-Security UsernameToken.

``GET /soap?wsdl``  the WSDL; its address is the one it was asked at
``POST /soap``      GetStockLevels and GetBalances (at most 50 keys, rows in another order, unknown keys left
                    out), ReserveStock (in memory, once for each Reference; another SKU or quantity under a
                    known one is the fault ReferenceInUse)

Every message is checked against the WSDL's own schema. Every fault is a soap:Fault with HTTP 500.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from demo import answers, data, service, soap
from demo.control import Control
from demo.once import KeyReused, Once
from demo.soap import ERP, E, SoapFault

WSDL: Final = Path(__file__).with_name("erp.wsdl")
KEYS_MAX: Final = 50
XML: Final = "text/xml"
OPERATIONS: Final = ("GetStockLevels", "GetBalances", "ReserveStock")
ADDRESS: Final = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
SCHEMA: Final = "{http://www.w3.org/2001/XMLSchema}schema"


class Erp:
    """The operations on stock and balances, in memory."""

    def __init__(self) -> None:
        self._stock = dict(data.stock())
        self._reservations: Once[tuple[str, int], dict[str, object]] = Once()
        handlers = (self._stock_levels, self._balances, self._reserve)
        self.operations: dict[str, Callable[[etree._Element], etree._Element]] = dict(
            zip(OPERATIONS, handlers, strict=True)
        )

    def happened(self) -> list[dict[str, object]]:
        """All reservations, oldest first."""
        return self._reservations.happened

    def _stock_levels(self, call: etree._Element) -> etree._Element:
        levels = E.Levels()
        for sku in _keys(call, "Sku"):
            if sku in self._stock:
                on_hand, warehouse = self._stock[sku]
                levels.append(soap.element("Level", {"Sku": sku, "OnHand": on_hand, "Warehouse": warehouse}))
        return E.GetStockLevelsResponse(levels)

    def _balances(self, call: etree._Element) -> etree._Element:
        rows, known = E.Balances(), data.balances()
        for number in _keys(call, "CustomerNumber"):
            if number in known:
                members = {"CustomerNumber": number, "Amount": known[number], "Currency": "EUR"}
                rows.append(soap.element("Balance", members))
        return E.GetBalancesResponse(rows)

    def _reserve(self, call: etree._Element) -> etree._Element:
        sku = call.findtext(f"{{{ERP}}}Sku") or ""
        quantity = int(call.findtext(f"{{{ERP}}}Quantity") or "0")
        reference = call.findtext(f"{{{ERP}}}Reference") or None
        try:
            done = self._reservations.do(
                reference, (sku, quantity), lambda number: self._set_aside(sku, quantity, number)
            )
        except KeyReused as error:
            detail = soap.element("ReferenceInUse", {"Reference": reference})
            raise SoapFault("soap:Server", "The reference is another reservation's.", detail) from error
        return E.ReserveStockResponse(soap.element("Reservation", done.row))

    def _set_aside(self, sku: str, quantity: int, number: int) -> dict[str, object]:
        if sku not in self._stock:
            raise SoapFault("soap:Server", "The SKU is unknown.", soap.element("UnknownSku", {"Sku": sku}))
        level = self._stock[sku]
        if quantity > level.on_hand:
            members = {"Sku": sku, "Requested": quantity, "Available": level.on_hand}
            raise SoapFault("soap:Server", "Not enough in stock.", soap.element("InsufficientStock", members))
        self._stock[sku] = level._replace(on_hand=level.on_hand - quantity)
        return {
            "ReservationId": f"R{number:06}",
            "Sku": sku,
            "Quantity": quantity,
            "ReservedAt": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }


def _keys(call: etree._Element, name: str) -> list[str]:
    """The keys asked for, each once, last asked first; the TooManyKeys fault above KEYS_MAX."""
    asked = list(dict.fromkeys(each.text or "" for each in call.iter(f"{{{ERP}}}{name}")))
    if len(asked) > KEYS_MAX:
        detail = soap.element("TooManyKeys", {"Max": KEYS_MAX})
        raise SoapFault("soap:Client", f"At most {KEYS_MAX} keys in one call.", detail)
    return asked[::-1]


def schema() -> etree.XMLSchema:
    """The schema inside the WSDL."""
    return etree.XMLSchema(next(etree.parse(WSDL).iter(SCHEMA)))


def wsdl(address: str) -> bytes:
    """The WSDL with `address` as the service's own."""
    document = etree.parse(WSDL)
    next(document.iter(ADDRESS)).set("location", address)
    return etree.tostring(document, xml_declaration=True, encoding="utf-8")


def operation(scope: Scope, body: bytes) -> str:
    """The name a call is counted under."""
    if scope["method"] == "GET":
        return "GET wsdl"
    try:
        return soap.read(body).operation
    except SoapFault:
        return "malformed"


def build() -> ASGIApp:
    """The service's app; reads ERP_USER and ERP_PASSWORD."""
    user, password = answers.required("ERP_USER"), answers.required("ERP_PASSWORD")
    erp, valid = Erp(), schema()

    async def describe(request: Request) -> Response:
        if "wsdl" not in {name.lower() for name in request.query_params}:
            return Response("The description is at ?wsdl.", 404, media_type="text/plain")
        address = f"http://{request.headers.get('host', service.HOST)}/soap"
        return Response(wsdl(address), media_type=XML)

    async def call(request: Request) -> Response:
        try:
            asked = soap.read(await request.body())
            soap.authenticate(asked, user, password)
            check(asked, valid)
            return Response(soap.answer(erp.operations[asked.operation](asked.content)), media_type=XML)
        except SoapFault as error:
            return Response(soap.fault(error), 500, media_type=XML)

    routes = [Route("/soap", describe, methods=["GET"]), Route("/soap", call, methods=["POST"])]
    return Control(Starlette(routes=routes), operation=operation, media_type=XML, happened=erp.happened)


def check(call: soap.Call, valid: etree.XMLSchema) -> None:
    """SoapFault(soap:Client) unless the schema knows the call's element as it is."""
    if not valid.validate(call.content):
        error = valid.error_log.last_error
        raise SoapFault("soap:Client", f"The message is not valid: {error.message if error else 'no reason'}")
    if call.operation not in OPERATIONS:
        raise SoapFault("soap:Client", f"{call.operation} is not an operation.")


if __name__ == "__main__":
    service.main("erp", build)
