"""What a process opens and connects to, as its system calls say."""

from __future__ import annotations

import re
from pathlib import Path

CALLS = "open,openat,openat2,connect"
PREFIX = ("strace", "-f", "--seccomp-bpf", "-qq", "-s", "512", "-e", f"trace={CALLS}", "-o")
"""The command that the process's own follows, behind the name of the file that is written."""

_V4 = re.compile(r'connect\(.*sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_V6 = re.compile(r'connect\(.*sin6_port=htons\((\d+)\).*inet_pton\(AF_INET6, "([^"]+)"')


class Trace:
    """What strace has written so far.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._lines = path.read_text(errors="replace").splitlines()

    def connections(self) -> set[tuple[str, int]]:
        """Where it has connected to, or tried to: address and port."""
        found = (_V4.search(line) or _V6.search(line) for line in self._lines if "connect(" in line)
        return {(match[2], int(match[1])) for match in found if match}

    def opened(self, path: Path) -> bool:
        """Whether it has tried to open this file."""
        return any(f'{path.name}"' in line and "open" in line for line in self._lines)
