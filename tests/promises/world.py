"""The world of the promises: the demo's upstreams, a proxy before each that makes it fail, and the server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from demo.launch import Demo
from demo.services import SERVICES
from tests.faults.proxy import FaultProxy
from tests.inbox.respawning import Respawning
from tests.postgres_server import PostgresServer
from tests.promises.graph.options import PLAIN
from tests.promises.server import Server


class World:
    """Use it as a context manager: inside, upstreams and proxies run.

    `world["crm"]` is the proxy before the CRM. The proxies' calls block for milliseconds.
    """

    def __init__(self) -> None:
        self.demo = Demo()
        self._proxies: dict[str, FaultProxy] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="patchbay-promises-")
        self._components = ExitStack()

    def __enter__(self) -> Self:
        try:
            self.demo.start()
            self._proxies = {each.name: FaultProxy(self.demo[each.name].url) for each in SERVICES}
            with ThreadPoolExecutor() as pool:
                list(pool.map(FaultProxy.start, self))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._components.close()
        with ThreadPoolExecutor() as pool:
            list(pool.map(FaultProxy.stop, self))
        self.demo.stop()
        self._folder.cleanup()

    def __getitem__(self, name: str) -> FaultProxy:
        return self._proxies[name]

    def __iter__(self) -> Iterator[FaultProxy]:
        return iter(self._proxies.values())

    @property
    def folder(self) -> Path:
        """For files; it goes with the world."""
        return Path(self._folder.name)

    @property
    def environment(self) -> dict[str, str]:
        """Credentials, and the proxies as the upstreams' addresses."""
        addresses = {each.address: f"{self[each.name].url}{each.path}" for each in SERVICES}
        return {**self.demo.environment, **addresses}

    @cached_property
    def postgres(self) -> PostgresServer:
        """A PostgreSQL, started when it is asked for. What stops it for a test is to have one of its own."""
        return self._components.enter_context(PostgresServer())

    @cached_property
    def receiver(self) -> Respawning:
        """A receiver of webhooks, to be started on a database. Who starts it kills it."""
        return self._components.enter_context(Respawning())

    def server(
        self, case: str = PLAIN, *, variables: Mapping[str, str] | None = None, **options: Any
    ) -> Server:
        """A server over the proxies, started when it is entered. All proxies are well then.

        Args:
            case: see Server.
            variables: in place of the environment's, or beside them.
            options: of Server.
        """
        self.heal()
        return Server({**self.environment, **(variables or {})}, self.folder, case=case, **options)

    def tls_variables(self) -> dict[str, str]:
        """The proxies by TLS, as the upstreams' addresses, and who vouches for their certificates."""
        authorities = self.folder / "authorities.pem"
        authorities.write_text("".join(Path(proxy.authority).read_text() for proxy in self))
        addresses = {each.address: f"{self[each.name].tls_url}{each.path}" for each in SERVICES}
        return {**addresses, "SSL_CERT_FILE": str(authorities)}

    def heal(self) -> None:
        """Let every proxy pass everything on, and forget what it has seen."""
        for proxy in self:
            proxy.heal()
            proxy.reset()
