"""Values of variables that are more than a text or a number."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

AUDIENCES = ("auto", "everyone", "authenticated", "nobody")
"""Beside `scope:NAME`."""


def _names(value: Any) -> Any:
    """A text with commas as a tuple."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


def _audience(value: Any) -> Any:
    """One of AUDIENCES, or scope:NAME. Yes and no are taken for everyone and nobody."""
    text = str(value).strip()
    text = {"true": "everyone", "1": "everyone", "on": "everyone"}.get(text.lower(), text)
    text = {"false": "nobody", "0": "nobody", "off": "nobody"}.get(text.lower(), text)
    if text not in AUDIENCES and not text.removeprefix("scope:").strip():
        text = ""
    if text not in AUDIENCES and not text.startswith("scope:"):
        raise PydanticCustomError("audience", "must be everyone, authenticated, scope:NAME or nobody")
    return text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Audience = Annotated[str, BeforeValidator(_audience)]
