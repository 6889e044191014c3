"""The socket that the server listens on."""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patchbay.server.settings import Settings

BACKLOG = 2048
"""Connections that may wait to be accepted."""

DOORMEN = 32
"""Connections that are accepted in one turn of the event loop.

libuv accepts one in a turn on each descriptor. A busy loop has few turns, and clients would wait for them in
a queue that nobody sees; so the listening socket has several descriptors.
"""


class ListenError(Exception):
    """The address and port cannot be listened on; the message says why."""


def listen(settings: Settings, doormen: int = DOORMEN) -> list[socket.socket]:
    """The listening socket, under so many descriptors.

    Bound here because uvicorn ends the process where the port is taken.

    Raises:
        ListenError: it is.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        message = f"cannot listen on {settings.host} port {settings.port}: {reason}; PORT chooses another"
        raise ListenError(message) from error
    return [listener, *(listener.dup() for _ in range(doormen - 1))]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a socket that listens there.

    Args:
        host: an address, or a name, which stands for all of its addresses.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(ip_address(each.partition("%")[0]).is_loopback for each in found)
