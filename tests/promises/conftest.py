from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.heap import settle
from tests.promises.world import World


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    """The upstreams and the proxies before them; a server over them heals them at its start."""
    with World() as world:
        settle()
        yield world
