"""Row 14: wherever an upstream points, the server stays where it may be, and its credentials at home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from demo.process import ROOT
from tests.promises import operations
from tests.promises.graph import NAMES
from tests.promises.graph.options import HOSTILE, HOSTILE_SERVICES
from tests.promises.load import FINE
from tests.promises.row import Conditions, Row, Seen
from tests.promises.tracing import Trace
from tests.soap.service import Answer, Service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.promises.server import Server
    from tests.promises.world import World

WSDL = (ROOT / "demo" / "erp.wsdl").read_bytes()
IMPORT = b'<xsd:import namespace="urn:elsewhere" schemaLocation="%s"/>'
FIRST_TYPE = b'<xsd:simpleType name="Key">'
CRM_NAME = "crm.example"
METADATA = "169.254.169.254"
STOCK = (
    '<GetStockLevelsResponse xmlns="urn:patchbay:demo:erp"><Levels><Level><Sku>SKU-0001</Sku>'
    "<OnHand>1</OnHand><Warehouse>Lyon</Warehouse></Level></Levels></GetStockLevelsResponse>"
)

RIGHT = {
    "honest": {FINE},
    "redirect": {"UPSTREAM_FORBIDDEN", "UPSTREAM_REFUSED"},
    "rebinding": {"UPSTREAM_FORBIDDEN"},
    "WSDL": {"UPSTREAM_MISCONFIGURED", "UPSTREAM_REFUSED", "UPSTREAM_FORBIDDEN"},
}
"""How each may end."""


class Foreigner:
    """Who may not be called: counts connections, and keeps what they say. Answers with an empty list."""

    def __init__(self) -> None:
        self.connections = 0
        self.received = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Of one connection."""
        self.connections += 1
        self.received += await reader.read(1 << 16)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]")
        writer.close()


@asynccontextmanager
async def listening(foreigner: Foreigner, host: str, port: int = 0) -> AsyncIterator[int]:
    """The port at which it listens; a machine without IPv6 has none at ::1."""
    try:
        server = await asyncio.start_server(foreigner.serve, host, port)
    except OSError:
        yield 1
        return
    async with server:
        yield server.sockets[0].getsockname()[1]


def documents(service: Service, elsewhere: str, canary: Path) -> dict[str, bytes | Answer]:
    """Path -> WSDL: the first is honest, each of the others leads astray in its own way."""

    def wsdl(address: str = service.url, types: bytes = b"") -> bytes:
        document = WSDL.replace(b"http://127.0.0.1/soap", f"{address}/soap".encode())
        assert f"{address}/soap".encode() in document
        return document.replace(FIRST_TYPE, types + FIRST_TYPE, 1)

    found: list[bytes | Answer] = [
        wsdl(),
        wsdl(types=IMPORT % f"file://{canary}".encode()),
        wsdl(types=IMPORT % str(canary).encode()),
        wsdl(types=IMPORT % f"{elsewhere}/types.xsd".encode()),
        wsdl(address=elsewhere),
        Answer(status=302, headers={"Location": f"{elsewhere}/soap?wsdl"}),
    ]
    assert len(found) == HOSTILE_SERVICES
    return {f"/{number}": document for number, document in enumerate(found)}


async def at_home(world: World, conditions: Conditions) -> Seen:
    """Row 14."""
    canary, written = world.folder / "canary-schema.xsd", world.folder / "straying.strace"
    canary.write_text('<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>')
    foreigner = Foreigner()
    codes: dict[str, str] = {}
    crm_port = urlsplit(world["crm"].url).port or 0
    async with (
        Service() as service,
        listening(foreigner, "127.0.0.1") as port,
        listening(foreigner, "::1") as port_6,
        listening(foreigner, "127.0.0.2", crm_port),
    ):
        variables = _variables(world, service, crm_port)
        names = world.folder / "names.json"
        variables[NAMES] = str(names)
        _name(names, "127.0.0.1")
        hostile = documents(service, f"http://127.0.0.1:{port}", canary)
        service.documents = dict.fromkeys(hostile, Answer(status=503))
        service.reply(STOCK)
        async with world.server(
            HOSTILE, mutant=conditions.mutant, variables=variables, trace=written
        ) as server:
            service.documents = hostile
            codes |= await _redirected(server, world, (f"127.0.0.1:{port}", f"[::1]:{port_6}", METADATA))
            codes |= await _rebound(server, world, names)
            codes |= await _described(server)
    trace = Trace(written)
    home = {("127.0.0.1", urlsplit(each.url).port or 0) for each in (*world, service)}
    strange = sorted({address for address, _ in trace.connections() - home})
    secrets = [world.environment[name] for name in ("CRM_KEY", "SHOP_TOKEN", "ERP_PASSWORD")]
    sent = sum(secret.encode() in foreigner.received for secret in secrets)
    wrong = [f"{what} ({code})" for what, code in codes.items() if code not in RIGHT[what.partition(":")[0]]]
    seen = Seen()
    seen.note(f"{len(codes)} ways; not refused: {', '.join(wrong) or 'none'}", holds=not wrong)
    seen.note(
        f"connections to others: {', '.join(strange) or 'none'}",
        holds=not strange and not foreigner.connections,
    )
    opened = trace.opened(canary)
    seen.note(f"file opened: {'yes' if opened else 'no'}", holds=not opened)
    seen.note(f"{sent} credentials sent to them", holds=sent == 0)
    return seen


def _variables(world: World, service: Service, crm_port: int) -> dict[str, str]:
    wsdls = {f"ERP{number}_WSDL": f"{service.url}/{number}?wsdl" for number in range(HOSTILE_SERVICES)}
    return {**wsdls, "CRM_URL": f"http://{CRM_NAME}:{crm_port}"}


def _name(names: Path, *addresses: str) -> None:
    names.write_bytes(msgspec.json.encode({CRM_NAME: addresses}))


async def _described(server: Server) -> dict[str, str]:
    """What becomes of calls of services by their WSDLs."""
    # A service that was down at the start is asked for its WSDL again after a second.
    await asyncio.sleep(1.2)
    answers = [await server.client.ask(operations.hostile_stock(each)) for each in range(HOSTILE_SERVICES)]
    named = ["honest", *(f"WSDL: {number}" for number in range(1, HOSTILE_SERVICES))]
    return dict(zip(named, (answer.outcome for answer in answers), strict=True))


async def _redirected(server: Server, world: World, hosts: tuple[str, ...]) -> dict[str, str]:
    """What becomes of redirects: of the CRM, which may within its origin, and of the shop, which may not."""
    codes = {"honest: both": (await server.client.ask(operations.both(0))).outcome}
    for host in hosts:
        for name, make in (("crm", operations.customer), ("shop", operations.product)):
            world[name].fault("redirect", location=f"http://{host}/customers")
            codes[f"redirect: {name} to {host}"] = (await server.client.ask(make(1))).outcome
            world[name].heal()
    return codes


async def _rebound(server: Server, world: World, names: Path) -> dict[str, str]:
    """What becomes of calls when a name leads elsewhere at its next look-up."""
    codes = {}
    for address in ("127.0.0.2", "::1", METADATA, "127.0.0.1"):
        _name(names, address)
        # Connections that are open stay with whom they were made.
        world["crm"].fault("reset_before")
        world["crm"].heal()
        what = "honest: rebound home" if address == "127.0.0.1" else f"rebinding: {address}"
        codes[what] = (await server.client.ask(operations.customer(2))).outcome
    return codes


ROWS = (
    Row(
        14,
        "SSRF",
        "no connection, no file opened, credentials never leave their origin",
        "WSDLs that import a schema from `file://`, from a path and from another origin, that send calls "
        "to another origin, and one that is redirected there; redirects of the CRM (which may redirect "
        "within its origin) and the shop (which may not) to 127.0.0.1, ::1 and 169.254.169.254; and the "
        "CRM's name, which leads to 127.0.0.2, ::1 and 169.254.169.254 at its next look-up. What the "
        "server opens and connects to, its system calls say (strace); listeners at these places look for "
        "credentials.",
        at_home,
        {
            "wsdl-from-anywhere": "a WSDL's documents are loaded from wherever it says",
            "redirects-anywhere": "a redirect is followed wherever it leads",
            "no-guard": "a name may lead anywhere",
        },
    ),
)
