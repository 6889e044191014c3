"""Origins: of which pages it is said that they may ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTING: Final = "PATCHBAY_CORS_ORIGINS"
ANY_ORIGIN: Final = "*"

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_PORT: Final = 65_535

_parse = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)"
    r"(:(?P<port>[0-9]{1,5}))?",
    re.ASCII,
).fullmatch


def checked_origins(names: Sequence[str]) -> tuple[str, ...]:
    """Origins as browsers write them: in lower case, without a default port, each once.

    Args:
        names: scheme://host or scheme://host:port; or ANY_ORIGIN, alone.

    Raises:
        ConfigurationError: naming each that is none.
    """
    problems = [problem for name in names if (problem := _problem(name)) is not None]
    if ANY_ORIGIN in names and len(set(names)) > 1:
        problems.append("* is every origin: no other can be named beside it")
    if problems:
        raise ConfigurationError("\n".join(f"{SETTING}: {problem}" for problem in problems))
    return tuple(dict.fromkeys(map(_as_sent, names)))


def _problem(name: str) -> str | None:
    """Why this is no origin, None where it is one."""
    if name == ANY_ORIGIN:
        return None
    text = name.lower()
    found = _parse(text)
    # Before an @ there can be a password.
    name = name.rpartition("@")[2]
    if text == "null":
        return "null is what any page can be the origin of"
    if "*" in name:
        return f"{name}: origins are named one by one, or all by *"
    if found is None:
        is_near = _parse(text.rstrip("/")) is not None
        advice = "without a slash at its end" if is_near else "such as https://app.example.com"
        return f"{name}: an origin is scheme://host or scheme://host:port, {advice}"
    return _odd_part(name, found["scheme"], found["port"])


def _odd_part(name: str, scheme: str, port: str | None) -> str | None:
    if scheme == "file":
        return f"{name}: browsers name no origin of files"
    if port is not None and not 0 < int(port) <= MAX_PORT:
        return f"{name}: there is no such port"
    return None


def _as_sent(name: str) -> str:
    found = _parse(name.lower())
    if found is None:
        return name
    port = found["port"]
    is_default = port is None or DEFAULT_PORTS.get(found["scheme"]) == int(port)
    return f"{found['scheme']}://{found['host']}{'' if is_default else f':{int(port)}'}"
