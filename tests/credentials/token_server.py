"""A token endpoint on loopback, which notes what it was asked and gives out token-1, token-2 and so on."""

from __future__ import annotations

import asyncio
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.patchbay.wire import Request, Wire, json_reply, reply


class TokenServer:
    """Use it as a context manager.

    Attributes:
        extra: members of each answer beside the access token.
        answer: bytes to answer with instead.
        wait: an answer is given when it is set.
    """

    def __init__(self, **extra: Any) -> None:
        self.extra = {"token_type": "Bearer", "expires_in": 3600, **extra}
        self.answer: bytes | None = None
        self.wait = asyncio.Event()
        self.wait.set()
        self._came = asyncio.Condition()
        self._wire = Wire(self._serve)

    @property
    def url(self) -> str:
        return f"{self._wire.url}/oauth/token?tenant=a%20b"

    @property
    def asked(self) -> list[Request]:
        return self._wire.requests

    @property
    def forms(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(each.body.decode(), strict_parsing=True)) for each in self.asked]

    @property
    def variables(self) -> dict[str, str]:
        """Its URL and a client's id and secret, with characters that forms and headers have to encode."""
        return {"TOKEN_URL": self.url, "CLIENT_ID": "client:ä", "CLIENT_SECRET": "s3cret+&=% ü"}

    async def until_asked(self, times: int) -> None:
        """Return once that many requests have come in."""
        async with self._came, asyncio.timeout(5):
            await self._came.wait_for(lambda: len(self.asked) >= times)

    def refuse(self, status: str, error: object) -> None:
        self.answer = json_reply({"error": error, "error_description": "hidden"}, status)

    def give(self, body: bytes) -> None:
        self.answer = reply(body, content_type="application/json")

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._wire.__aexit__(*error)

    async def _serve(self, request: Request, writer: asyncio.StreamWriter) -> None:
        number = next(number for number, asked in enumerate(self.asked, 1) if asked is request)
        async with self._came:
            self._came.notify_all()
        await self.wait.wait()
        writer.write(self.answer or json_reply({"access_token": f"token-{number}", **self.extra}))
