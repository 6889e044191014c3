"""Tokens, asked of client credentials."""

from __future__ import annotations

import pytest

from patchbay.calls import ClientCredentials
from patchbay.calls.credentials import Signer
from patchbay.errors import UpstreamUnauthenticated
from patchbay.scope import Scope
from tests.credentials.opening import OUTGOING
from tests.patchbay.calling import assert_safe

CLIENT = ClientCredentials("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")


async def token(signer: Signer) -> str:
    headers = await signer.sign(OUTGOING, Scope())
    assert list(headers) == ["Authorization"]
    return headers["Authorization"].removeprefix("Bearer ")


async def failure(signer: Signer) -> UpstreamUnauthenticated:
    with pytest.raises(UpstreamUnauthenticated) as caught:
        await token(signer)
    assert_safe(caught.value)
    return caught.value
