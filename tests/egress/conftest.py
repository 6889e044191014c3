from __future__ import annotations

import pytest

from tests.egress.names import Names


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)
