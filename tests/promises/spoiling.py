"""Rows 11 to 13: upstreams whose answers are broken, too large, or made to harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults import bombs
from tests.faults.zoo import FINE as WELL
from tests.faults.zoo import LATE, TLS_ZOO, UNAVAILABLE, ZOO
from tests.promises import operations
from tests.promises.load import FINE
from tests.promises.row import Conditions, Row, Seen
from tests.promises.tracing import Trace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.zoo import Beast
    from tests.promises.load import Answer
    from tests.promises.server import Server
    from tests.promises.world import World

NAMED = (
    "refuse", "reset", "half_body", "wrong_type", "html", "bad_utf8", "double_length", "big_header",
    "soap_fault_11", "soap_fault_12", "broken_xml", "http2_goaway",
)  # fmt: skip
"""What the promise names; the zoo has more."""

SHOWN = 3
"""Of what went wrong, as examples."""

STOCKED = 7
"""The number of a product that the ERP knows; it does not know each."""

CAP_BYTES = 10 * 1024 * 1024
CAPS = 3
BOMB_BYTES = 524_288_000
SECONDS = 1.0


async def zoo(world: World, conditions: Conditions) -> Seen:
    """Row 11."""
    tally = _Tally()
    beasts = [each for each in ZOO if not conditions.short or each.mode in NAMED]
    if conditions.mutant:
        # Those that end at the deadline show nothing of how an exception is told.
        beasts = [each for each in beasts if each.mode not in LATE]
    async with world.server("no breaker", mutant=conditions.mutant) as server:
        await _meet(server, world, beasts, tally)
    async with world.server(
        "no breaker", mutant=conditions.mutant, variables=world.tls_variables()
    ) as server:
        await _meet(server, world, TLS_ZOO[: 1 if conditions.short else None], tally)
    nowhere = {"CRM_URL": "http://crm.invalid", "ERP_WSDL": "http://erp.invalid/soap?wsdl"}
    async with world.server("no breaker", mutant=conditions.mutant, variables=nowhere) as server:
        answer = await server.client.ask(operations.both(STOCKED))
        sources = sorted(each["extensions"].get("source", "") for each in answer.errors)
        is_kept = bool(answer.data and answer.data["product"])
        is_told = sources == ["crm", "erp"] and set(answer.codes) <= {UNAVAILABLE, "UPSTREAM_TIMEOUT"}
        tally.note(f"NXDOMAIN ({answer.outcome})", well=is_told and is_kept)
    return tally.seen()


class _Tally:
    """How many ways to fail were met, and which of them not as promised."""

    def __init__(self) -> None:
        self._met = 0
        self._wrong: list[str] = []

    def note(self, what: str, *, well: bool) -> None:
        self._met += 1
        if not well:
            self._wrong.append(what)

    def seen(self) -> Seen:
        seen = Seen()
        well = self._met - len(self._wrong)
        shown = ", ".join(self._wrong[:SHOWN]) + (" ..." if len(self._wrong) > SHOWN else "")
        wrong = f", but {shown}" if self._wrong else ""
        seen.note(f"{well} of {self._met} as promised{wrong}", holds=not self._wrong)
        return seen


async def _meet(server: Server, world: World, beasts: tuple[Beast, ...] | list[Beast], tally: _Tally) -> None:
    for name in ("crm", "erp"):
        for beast in beasts:
            answer = await server.client.ask(operations.both(STOCKED))
            tally.note(f"{beast} of {name}, before", well=answer.outcome == FINE)
            world[name].fault(beast.mode, **beast.arguments)
            answer = await server.client.ask(operations.both(STOCKED))
            code = beast.rest if name == "crm" else beast.soap
            tally.note(f"{beast} of {name} ({answer.outcome})", well=_is_told(answer, name, code))
            world[name].heal()


def _is_told(answer: Answer, name: str, code: str) -> bool:
    """One error of this source with this code, and everything else as always."""
    if code == WELL:
        return answer.outcome == FINE
    if answer.status != 200 or len(answer.errors) != 1 or answer.data is None:
        return False
    told = answer.errors[0]["extensions"]
    customer, product = answer.data["customer"], answer.data["product"]
    kept = product if name == "erp" else product and product["stock"]
    lost = customer if name == "crm" else product and product["stock"]
    other = customer if name == "erp" else product
    as_told = (told.get("source"), told.get("code"), lost) == (name, code, None)
    return as_told and bool(kept) and bool(other)


async def capped(world: World, conditions: Conditions) -> Seen:
    """Row 12."""
    seen = Seen()
    async with world.server("patient", mutant=conditions.mutant) as server:
        for name, what, arguments in (
            ("crm", "big_body", {"size_bytes": CAP_BYTES + 1}),
            ("erp", "big_body", {"size_bytes": CAP_BYTES + 1}),
            ("crm", "gzip_bomb", {"size_bytes": BOMB_BYTES}),
            ("erp", "gzip_bomb", {"size_bytes": BOMB_BYTES}),
        ):
            await server.client.ask(operations.both(0))
            world[name].fault(what, **arguments)
            # The proxy makes a bomb at its first use.
            await server.client.ask(operations.both(1))
            server.forget_peak()
            before_bytes = server.resident_bytes
            answer = await server.client.ask(operations.both(2))
            more = (server.peak_resident_bytes - before_bytes) / CAP_BYTES
            world[name].heal()
            seen.note(
                f"{what} of {name}: {answer.outcome} after {answer.seconds:.2f} s",
                holds=answer.outcome == "UPSTREAM_TOO_LARGE" and answer.seconds <= SECONDS,
            )
            seen.note(f"+{more:.1f} caps of memory", holds=more <= CAPS)
    return seen


async def bombed(world: World, conditions: Conditions) -> Seen:
    """Row 13."""
    seen = Seen()
    canary, written = world.folder / "canary-entity", world.folder / "bombs.strace"
    canary.write_text("canary")
    longest, wrong, read = 0.0, [], False
    async with world.server("patient", mutant=conditions.mutant, trace=written) as server:
        await server.client.ask(operations.stocked(STOCKED))
        for kind in bombs.KINDS:
            for url in _urls(canary, world):
                world["erp"].fault("xml_bomb", kind=kind, url=url)
                answer = await server.client.ask(operations.stocked(STOCKED))
                longest = max(longest, answer.seconds)
                if answer.outcome not in ("UPSTREAM_BAD_DATA", "UPSTREAM_TOO_LARGE"):
                    wrong.append(f"{kind} ({answer.outcome})")
                read = read or b"canary" in answer.body
        asked = world["weather"].counts().requests
    opened = Trace(written).opened(canary)
    told = ", ".join(wrong) or "none"
    seen.note(f"{len(bombs.KINDS)} bombs; not refused: {told}", holds=not wrong)
    seen.note(f"file opened: {'yes' if opened or read else 'no'}", holds=not (opened or read))
    seen.note(f"{asked} calls to where they refer", holds=asked == 0)
    seen.note(f"the last answer after {longest:.2f} s", holds=longest <= SECONDS)
    return seen


def _urls(canary: Path, world: World) -> tuple[str, ...]:
    """What the bombs that refer to something refer to."""
    return (f"file://{canary}", str(canary), f"{world['weather'].url}/v1/current")


ROWS = (
    Row(
        11,
        "fault zoo",
        "typed `extensions.code`, the rest of the data kept, never an HTTP 500: 100 %",
        "Every way to fail of tests/faults/zoo.py, once by the CRM (REST) and once by the ERP (SOAP), met "
        "by an operation that asks the shop as well; then both by names that do not exist. Expected are "
        "the right code and source, null there alone, and before each of them an answer without errors. A "
        "right body under a wrong content type is read as what was declared.",
        zoo,
        {
            "foreign-unmapped": "a connection that breaks ends a call with an exception of its own layer",
            "one-spoils-all": "an answer with an error has no data",
        },
    ),
    Row(
        12,
        "body cap after decompression",
        "error within 1 s; RSS <= 3x the cap",
        f"A body of 10 MB and one byte, and half a megabyte of gzip that grows to {BOMB_BYTES / 1e6:.0f} "
        "MB, from the CRM and from the ERP. Time is the client's, memory what the server's process had at "
        "its peak more than before, in units of the cap of 10 MB.",
        capped,
        {"cap-before-decompression": "what comes from the socket is counted, and then unpacked whole"},
    ),
    Row(
        13,
        "XML bombs",
        "no file read, answer within 1 s",
        "The ERP answers with entities of all kinds, with references to a file and to another service, "
        "100,000 levels, 50 MB of text, 100,000 attributes or namespaces. Which files the server opens, "
        "its system calls say (strace); which services it asks, these.",
        bombed,
        {"entities-resolved": "XML is read by a parser that loads what a document names"},
    ),
)
