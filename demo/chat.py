"""Chat: messages to the team. REST, JSON in snake_case, Bearer token; what was said is in memory.

``POST /messages``  ``{"channel": "orders", "text": "…"}``, 1 to 4,000 characters; 201 with the same and
    ``"id"`` and ``"sent_at"``, once for each Idempotency-Key (demo/writes.py)
"""

from datetime import datetime
from typing import Annotated

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from demo import answers, service
from demo.control import Control, by_route
from demo.guard import Guard
from demo.writes import Writes


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be said, and where."""

    channel: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,80}$")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]


class Message(msgspec.Struct, frozen=True):
    """What was said."""

    id: str
    channel: str
    text: str
    sent_at: datetime


def message(note: Note, number: int, at: datetime) -> Message:
    """The message of that number."""
    return Message(f"M{number:06}", note.channel, note.text, at)


def build() -> ASGIApp:
    """The service's app; reads CHAT_TOKEN."""
    expected = f"Bearer {answers.required('CHAT_TOKEN')}"
    messages = Writes(Note, message)

    def allowed(request: Request) -> bool:
        return answers.same(request.headers.get("authorization", ""), expected)

    app = Starlette(
        routes=[Route("/messages", messages.post, methods=["POST"])],
        middleware=[Middleware(Guard, check=allowed, challenge="Bearer")],
        exception_handlers={HTTPException: answers.problem},
    )
    return Control(app, operation=by_route(app.routes), happened=messages.happened)


if __name__ == "__main__":
    service.main("chat", build)
