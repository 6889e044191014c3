"""Credentials before anything else: an ASGI middleware that answers 401 unless a check agrees."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from demo import answers


class Guard:
    """Lets a request pass when `check` says so; `challenge` goes into WWW-Authenticate."""

    def __init__(self, app: ASGIApp, check: Callable[[Request], bool], challenge: str) -> None:
        self._app = app
        self._check = check
        self._challenge = challenge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] != "http" or self._check(Request(scope)):
            await self._app(scope, receive, send)
            return
        headers = {"www-authenticate": self._challenge}
        error = HTTPException(401, "The credentials are missing or wrong.", headers)
        await answers.problem(Request(scope), error)(scope, receive, send)
