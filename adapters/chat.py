"""Chat: messages to teams.

Kind: REST, JSON in snake_case.
Owner: workplace team.
Docs: demo/chat.py in this repository; in production the vendor's API reference.
Auth: Bearer token.
Quota: none published.
Errors: 401 wrong token, 422 a message that is none, or an idempotency key of another one.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from patchbay.calls import Bearer
from patchbay.upstreams import Rest

chat = Rest("chat", base_url="CHAT_URL", credentials=Bearer("CHAT_TOKEN"))


class NewMessage(msgspec.Struct, frozen=True):
    """What is to be said, in plain text, and in which channel."""

    channel: str
    text: str


class Message(msgspec.Struct, frozen=True):
    """What was said, and when."""

    id: str
    channel: str
    text: str
    sent_at: datetime


post_message = chat.write("POST /messages", Message, idempotency_header="Idempotency-Key")
