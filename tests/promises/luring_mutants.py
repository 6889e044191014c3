"""Mistakes that let foreign pages run operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from patchbay.server.csrf import CsrfGuard
from patchbay.server.transports import http
from tests.promises.patching import patch


def no_csrf_guard() -> None:
    """A GET needs to prove nothing."""
    patch(CsrfGuard, "refuses", lambda *_: None)


def any_body_is_json() -> None:
    """A body is read whatever its type."""
    patch(http, "_require_json", lambda _: None)


def sockets_for_all() -> None:
    """A WebSocket is opened for any page."""
    patch(CsrfGuard, "refuses_socket", lambda *_: None)


LURING_MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    mutant.__name__.replace("_", "-"): mutant for mutant in (no_csrf_guard, any_body_is_json, sockets_for_all)
}
