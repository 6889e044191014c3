"""Whatever goes well or badly, no credential is in an answer, in the log, or in the health pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from tests.faults.zoo import LATE, ZOO
from tests.promises import operations
from tests.promises.load import Operation
from tests.promises.server import Server
from tests.promises.world import World

CLIENTS_OWN = "canary-of-the-client"
REDIS = "canary-of-redis"
CREDENTIALS = (
    "CRM_KEY", "SHOP_TOKEN", "ERP_USER", "ERP_PASSWORD", "WEATHER_USER", "WEATHER_PASSWORD",
)  # fmt: skip
HEALTH = ("/health/live", "/health/ready", "/health/upstreams")
WEATHER = "query Weather { weather(latitude: 1.5, longitude: 2.5) { temperatureCelsius } }"


@dataclass
class Told:
    """Everything that the server has said to anybody: where -> what."""

    texts: dict[str, str] = field(default_factory=dict)

    async def ask(self, server: Server, what: str, operation: Operation) -> None:
        """Note the answer with its headers, and the client's own credential with the question."""
        answer = await server.request(
            "POST",
            "/graphql",
            json={"query": operation.query, "variables": operation.variables or {}},
            headers={"Authorization": f"Bearer {CLIENTS_OWN}"},
        )
        self.texts[what] = f"{answer.headers}{answer.text}"

    async def look(self, server: Server, when: str) -> None:
        """Note the health pages."""
        for path in HEALTH:
            answer = await server.request("GET", path)
            self.texts[f"{path} {when}"] = f"{answer.headers}{answer.text}"

    def hits(self, canaries: Mapping[str, list[str]]) -> list[tuple[str, str]]:
        """Which credential stands where."""
        return [
            (name, what)
            for name, forms in canaries.items()
            for what, text in self.texts.items()
            if any(form in text for form in forms)
        ]


def canaries_of(world: World) -> dict[str, list[str]]:
    """Credential -> the forms in which it could be seen."""
    values = {name: world.environment[name] for name in CREDENTIALS}
    values |= {"the client": CLIENTS_OWN, "Redis": REDIS}
    found = {name: [value, quote(value), encoded(value)] for name, value in values.items()}
    pair = f"{values['WEATHER_USER']}:{values['WEATHER_PASSWORD']}"
    return {**found, "the pair": [encoded(pair)]}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")


async def go_wrong(world: World, server: Server, told: Told) -> None:
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


async def go_well(world: World, server: Server, told: Told) -> None:
    for number, operation in enumerate(
        (
            operations.both(7),
            operations.change(7),
            operations.reserve(7),
            operations.kept(7),
            Operation(WEATHER),
        )
    ):
        await told.ask(server, f"well {number}", operation)
    for number, query in enumerate(("{ nothing }", "{", "query ($id: Int!) { customer(id: $id) { id } }")):
        await told.ask(server, f"wrong {number}", Operation(query))
    await told.look(server, "while all is well")


async def all_told(world: World, log_format: str, mutant: str | None = None) -> Told:
    told = Told()
    settings = {
        "PATCHBAY_LOG_LEVEL": "debug",
        "PATCHBAY_LOG_FORMAT": log_format,
        "PATCHBAY_REDIS_URL": f"redis://user:{REDIS}@127.0.0.1:9/0",
    }
    async with world.server("no breaker", settings=settings, mutant=mutant) as server:
        await go_well(world, server, told)
        heads = {name: world[name].seen().requests for name in ("crm", "shop", "erp", "weather")}
        if mutant is None:
            await go_wrong(world, server, told)
    told.texts["the log"] = server.log()
    # Whoever looks for what was never used finds nothing.
    assert any(world.environment["CRM_KEY"] in request.head for request in heads["crm"])
    assert any(world.environment["SHOP_TOKEN"] in request.head for request in heads["shop"])
    assert any("GetStockLevels" in request.head for request in heads["erp"])
    assert any("Authorization: Basic" in request.head for request in heads["weather"])
    assert all('"data":{' in told.texts[f"well {number}"] for number in range(5))
    assert "operation" in told.texts["the log"]
    return told


@pytest.mark.parametrize("log_format", ["json", "text"])
async def test_no_credential_is_told_to_anybody(world: World, log_format: str) -> None:
    told = await all_told(world, log_format)
    assert told.hits(canaries_of(world)) == []


async def test_one_that_is_logged_is_found(world: World) -> None:
    told = await all_told(world, "json", "requests-logged")
    hits = {name for name, where in told.hits(canaries_of(world)) if where == "the log"}
    assert hits >= {"CRM_KEY", "SHOP_TOKEN", "ERP_PASSWORD", "the pair"}
