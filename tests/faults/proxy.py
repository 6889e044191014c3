"""A proxy in a process of its own that stands in front of an upstream and makes it fail.

    with FaultProxy("http://127.0.0.1:8001") as proxy:      # the upstream's URL
        environment["CRM_URL"] = proxy.url                  # what the server under test is given
        proxy.fault("status", status=503, share=0.05, headers={"Retry-After": "2"})
        ...
        assert proxy.seen().most_within(1.0) <= 50
        proxy.heal()

All calls block, for milliseconds. `fault` replaces what was in force; `faults(Fault(...), Fault(...))` sets
several, of which the first that a request falls under acts on it; `heal` ends them. Requests that are under
way stay under the fault that they met. The arguments are those of Fault (fault.py):

    only="GetStockLevels"   on requests that hold this text in their head or body ("POST ", a path, a name)
    share=0.05              on this share of them, drawn by a seeded random
    times=1                 on so many, and then no more
    seconds=0.2             before whatever the mode does; a mode `delay` with nothing else is a slow upstream

What a client of the proxy meets:

    delay            the right answer, late
    hang             the request is read, and never answered
    trickle          the right answer, its body one byte per `seconds`
    refuse           nobody listens; what was open is reset. The ports stay the proxy's own and come back
    reset_before     each connection is reset as soon as it is made
    reset            the request is read and the connection reset; the upstream never hears of it
    reset_after      the upstream has carried it out, and then the connection is reset
    reset_mid_body   half of the right body, and then a reset
    truncate         half of the right body under the length of the whole, and then the connection's end
    half_body        half of the right body under its own length: JSON or XML that stops in the middle
    status           `status` with `headers`, as Retry-After
    redirect         302 (or `status`, where that is a redirect) to `location`
    wrong_type       the right body as image/png
    html             HTTP 200 and a page of HTML
    broken_xml       HTTP 200 and XML that stops in the middle of a tag
    bad_utf8         the right body, with bytes behind each of its texts that are no UTF-8
    double_length    two lengths that differ
    big_header       a header of 2 MB
    bad_chunk        a chunk whose size is a word
    http2_goaway     frames of HTTP/2, SETTINGS and GOAWAY, and then the connection's end
    big_body         well-formed JSON or XML of `size_bytes`
    gzip_bomb, deflate_bomb     `size_bytes` of zeros, packed a thousand times smaller
    nested_gzip      the right body, packed twice
    xml_bomb         HTTP 200 and an envelope of the `kind` laughs, quadratic, external, parameter, dtd,
                     xinclude (these four refer to `url`), deep, text (50 MB), attributes or namespaces
    soap_fault_11, soap_fault_12    a SOAP fault with HTTP 500
    tls_expired, tls_wrong_host, tls_unknown    at `tls_url`: a certificate that ended a day ago, that is for
                     another host, or that nobody knows; nothing changes at `url`

`proxy.tls_url` speaks TLS, with a good certificate by an authority whose PEM file is `proxy.authority`: start
the server under test with SSL_CERT_FILE naming it.

What it has seen, with times of time.monotonic() that every process of the machine shares:

    proxy.counts()   numbers of requests and connections, of those that are open and under way now
    proxy.seen()     every request (at, ended_at, abandoned, method, target, head, mode, status) and every
                     connection (opened_at, closed_at, received_bytes, sent_bytes); its `arrivals`, and
                     `most_within(seconds)`
    proxy.reset()    forgets what has ended

By HTTP, at `control_url`: PUT /faults with a JSON list, GET /seen, GET /counts, DELETE /seen.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import msgspec
import uvloop

from demo import stdin
from tests.faults.certificates import server_contexts
from tests.faults.control import controls
from tests.faults.fault import Counts, Fault, Seen
from tests.faults.serving import HOST, Proxy
from tests.serving import ROOT

_CONTROL_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 5.0


class Addresses(msgspec.Struct, frozen=True):
    """What the process says on stdout, in one line of JSON, once it listens."""

    url: str
    tls_url: str
    control_url: str
    authority: str


class FaultProxy:
    """The process, and what it is told; use it as a context manager, or `start` and `stop` it.

    Args:
        target: the upstream's URL; only its origin counts, and `url` and `tls_url` have its path.
        seed: of the draws for `share`.
    """

    def __init__(self, target: str, seed: int = 0) -> None:
        self._target = target
        self._seed = seed
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._addresses: Addresses

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._folder = tempfile.TemporaryDirectory()
        command = [sys.executable, "-m", "tests.faults.proxy", "--target", self._target]
        command += ["--seed", str(self._seed), "--folder", self._folder.name]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the fault proxy ended at once"
        self._addresses = msgspec.json.decode(line, type=Addresses)

    def stop(self) -> None:
        """End it. Harmless where it does not run."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it stands in for the upstream."""
        return self._addresses.url

    @property
    def tls_url(self) -> str:
        """The same by TLS."""
        return self._addresses.tls_url

    @property
    def control_url(self) -> str:
        """Where it is told."""
        return self._addresses.control_url

    @property
    def authority(self) -> str:
        """The path of the PEM file of the authority behind `tls_url`'s certificates."""
        return self._addresses.authority

    def fault(self, mode: str, **arguments: Any) -> None:
        """Fail in this way from now on; see Fault. Raises ValueError for what cannot be meant."""
        self.faults(msgspec.convert({"mode": mode, **arguments}, type=Fault))

    def faults(self, *faults: Fault) -> None:
        """Fail in these ways; the first that a request falls under acts on it."""
        self._control("PUT", "/faults", msgspec.json.encode(faults))

    def heal(self) -> None:
        """Pass everything on."""
        self.faults()

    def seen(self) -> Seen:
        """All requests and connections since the start or the last `reset`."""
        return msgspec.json.decode(self._control("GET", "/seen"), type=Seen)

    def counts(self) -> Counts:
        """How many these are; quicker than `seen`."""
        return msgspec.json.decode(self._control("GET", "/counts"), type=Counts)

    def reset(self) -> None:
        """Forget what has ended."""
        self._control("DELETE", "/seen")

    def _control(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection(
            urlsplit(self._addresses.control_url).netloc, timeout=_CONTROL_SECONDS
        )
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise ValueError(content.decode())
        return content


async def _serve(target: str, seed: int, folder: Path) -> None:
    contexts = server_contexts(folder)
    proxy = Proxy(target, contexts, seed)
    await proxy.open()
    control = await asyncio.start_server(controls(proxy), HOST, 0)
    path = urlsplit(target).path
    plain, tls = proxy.ports
    addresses = Addresses(
        f"http://{HOST}:{plain}{path}",
        f"https://{HOST}:{tls}{path}",
        f"http://{HOST}:{control.sockets[0].getsockname()[1]}",
        str(folder / "authority.pem"),
    )
    sys.stdout.write(msgspec.json.encode(addresses).decode() + "\n")
    sys.stdout.flush()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(ended.set)

    stdin.when_stdin_ends(end)
    await ended.wait()


def main() -> None:
    """The command: serves until its standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.proxy")
    parser.add_argument("--target", required=True, help="the upstream's URL")
    parser.add_argument("--seed", type=int, default=0, help="of the draws for a fault's share")
    parser.add_argument("--folder", type=Path, required=True, help="an empty one, for the authority's file")
    options = parser.parse_args()
    uvloop.run(_serve(options.target, options.seed, options.folder))


if __name__ == "__main__":
    main()
