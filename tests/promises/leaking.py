"""Row 34: whatever goes well or badly, no credential is in an answer, in the log, or in the health pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.faults.zoo import LATE, ZOO
from tests.promises import operations
from tests.promises.load import Operation
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.server import Server
    from tests.promises.world import World

CLIENTS_OWN: Final = {
    "the client's token": "canary.of.the-client",
    "the client's key": "pbk_0123456789abcdef_canary-of-the-key",
    "the operator's guess": "canary-of-the-guess",
}
SETTINGS: Final = {"Redis": "canary-of-redis", "the operators": "canary-of-the-operators"}
CREDENTIALS: Final = (
    "CRM_KEY", "SHOP_TOKEN", "ERP_USER", "ERP_PASSWORD", "WEATHER_USER", "WEATHER_PASSWORD",
)  # fmt: skip
HEALTH: Final = ("/health/live", "/health/ready", "/health/upstreams", "/health/inbox", "/health/reactions")
WEATHER: Final = "query Weather { weather(latitude: 1.5, longitude: 2.5) { temperatureCelsius } }"
UPSTREAMS: Final = ("crm", "shop", "erp", "weather")


@dataclass
class Told:
    """Everything that the server has said to anybody: where -> what."""

    texts: dict[str, str] = field(default_factory=dict)

    async def ask(self, server: Server, what: str, operation: Operation, **headers: str) -> None:
        """Note the answer with its headers."""
        body = {"query": operation.query, "variables": operation.variables or {}}
        answer = await server.request("POST", "/graphql", json=body, headers=headers)
        self.texts[what] = f"{answer.headers}{answer.text}"

    async def look(self, server: Server, when: str) -> None:
        """Note the health pages."""
        for path in HEALTH:
            answer = await server.request("GET", path)
            self.texts[f"{path} {when}"] = f"{answer.headers}{answer.text}"

    def hits(self, canaries: Mapping[str, list[str]]) -> list[str]:
        """Which credential stands where."""
        return [
            f"{name} in {what}"
            for name, forms in canaries.items()
            for what, text in self.texts.items()
            if any(form in text for form in forms)
        ]


def canaries_of(world: World) -> dict[str, list[str]]:
    """Credential -> the forms in which it could be seen."""
    values = {name: world.environment[name] for name in CREDENTIALS} | CLIENTS_OWN | SETTINGS
    found = {name: [value, quote(value), encoded(value)] for name, value in values.items()}
    pair = f"{values['WEATHER_USER']}:{values['WEATHER_PASSWORD']}"
    return {**found, "the pair": [encoded(pair)]}


def encoded(text: str) -> str:
    """Base64, without what its end depends on."""
    return base64.b64encode(text.encode()).decode().rstrip("=")


async def leaked(world: World, conditions: Conditions) -> Seen:
    """Row 34."""
    seen = Seen()
    formats = ("json",) if conditions.short or conditions.mutant else ("json", "text")
    for log_format in formats:
        settings = {
            "PATCHBAY_LOG_LEVEL": "debug",
            "PATCHBAY_LOG_FORMAT": log_format,
            "PATCHBAY_REDIS_URL": f"redis://user:{SETTINGS['Redis']}@127.0.0.1:9/0",
            "PATCHBAY_OPERATOR_TOKEN": SETTINGS["the operators"],
            "PATCHBAY_API_KEYS": "true",
            "PATCHBAY_ANONYMOUS": "true",
        }
        told = Told()
        async with world.server("no breaker", settings=settings, mutant=conditions.mutant) as server:
            await _go_well(server, told)
            _note_use(world, told, seen)
            await _be_refused(server, told)
            if conditions.mutant is None:
                await _go_wrong(world, server, told)
        told.texts["the log"] = server.log()
        seen.note("a log with each operation", holds="operation" in told.texts["the log"])
        hits = told.hits(canaries_of(world))
        shown = f" ({'; '.join(hits[:4])})" if hits else ""
        seen.note(f"{log_format} log: {len(hits)} hits in {len(told.texts)} texts{shown}", holds=not hits)
    return seen


def _note_use(world: World, told: Told, seen: Seen) -> None:
    """Whoever looks for what was never used finds nothing."""
    heads = {name: [each.head for each in world[name].seen().requests] for name in UPSTREAMS}
    used = [
        any(world.environment["CRM_KEY"] in head for head in heads["crm"]),
        any(world.environment["SHOP_TOKEN"] in head for head in heads["shop"]),
        any("GetStockLevels" in head for head in heads["erp"]),
        any("Authorization: Basic" in head for head in heads["weather"]),
        all('"data":{' in text for what, text in told.texts.items() if what.startswith("well ")),
    ]
    seen.note(f"{sum(used)} of {len(used)} kinds of credentials were used", holds=all(used))


async def _go_well(server: Server, told: Told) -> None:
    asked = (
        operations.both(7), operations.change(7), operations.reserve(7), operations.kept(7),
        Operation(WEATHER),
    )  # fmt: skip
    for number, operation in enumerate(asked):
        await told.ask(server, f"well {number}", operation)
    await told.look(server, "while all is well")


async def _be_refused(server: Server, told: Told) -> None:
    """Documents that cannot run, and credentials that prove nothing."""
    for number, query in enumerate(("{ nothing }", "{", "query ($id: Int!) { customer(id: $id) { id } }")):
        await told.ask(server, f"wrong {number}", Operation(query))
    for name, value in CLIENTS_OWN.items():
        await told.ask(server, f"{name} refused", operations.both(7), Authorization=f"Bearer {value}")
    for token in (CLIENTS_OWN["the operator's guess"], SETTINGS["the operators"]):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await server.request("GET", "/inbox/counts", headers=headers)
        told.texts[f"operators, {answer.status_code}"] = f"{answer.headers}{answer.text}"


async def _go_wrong(world: World, server: Server, told: Told) -> None:
    """Every way to fail, and an upstream that says back what it was told."""
    for name in ("crm", "erp"):
        for beast in ZOO:
            if beast.mode not in LATE:
                world[name].fault(beast.mode, **beast.arguments)
                await told.ask(server, f"{beast} of {name}", operations.both(7))
        await told.look(server, f"with a bad {name}")
        world[name].heal()
    for name, variable, operation in (
        ("crm", "CRM_KEY", operations.customer(1)),
        ("crm", "CRM_KEY", operations.change(1)),
        ("shop", "SHOP_TOKEN", operations.product(1)),
        ("weather", "WEATHER_PASSWORD", Operation(WEATHER)),
    ):
        secret = world.environment[variable]
        for status in (401, 403, 429, 500):
            headers = {
                "X-Said": secret,
                "WWW-Authenticate": f'Bearer realm="{secret}"',
                "Retry-After": secret,
            }
            world[name].fault("status", status=status, headers=headers)
            await told.ask(server, f"{status} of {name} that says it back", operation)
        world[name].fault("redirect", location=f"http://127.0.0.1:9/?{variable}={secret}")
        await told.ask(server, f"redirect of {name} that says it back", operation)
        await told.look(server, f"with a redirecting {name}")
        world[name].heal()


ROWS = (
    Row(
        34,
        "nothing leaks",
        "canary secrets in every credential; search responses, logs, traces, metrics, repr: 0 hits",
        "Each upstream's credential, a client's token and key, the operators' token and Redis's password are "
        "looked for, plain, quoted and in Base64, in each answer with its headers, in the health pages and "
        "in the log at level debug: while all is well, with documents and credentials that are refused, and "
        "with upstreams that fail in every way or say back what they were told. There are no traces and no "
        "page of metrics yet.",
        leaked,
        {
            "requests-logged": "each call to an upstream is logged for who looks for mistakes",
            "clients-logged": "the headers of who is refused are logged",
            "credentials-quoted": "a refusal quotes the credential that proves nothing",
        },
    ),
)
