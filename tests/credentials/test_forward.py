"""The caller's own header, sent on."""

from __future__ import annotations

import pytest

from patchbay.calls import ForwardToken
from patchbay.errors import ConfigurationError, UpstreamUnauthenticated
from patchbay.scope import Scope
from tests.credentials.opening import OUTGOING, scope_of, signer_of


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "cookie", "Proxy-Authorization"])
async def test_the_callers_header_is_sent_on_as_it_came(header: str) -> None:
    async with signer_of(ForwardToken(header)) as signer:
        scope = scope_of(**{header.lower(): "Custom abc, def=1"})
        assert await signer.sign(OUTGOING, scope) == {header: "Custom abc, def=1"}
        assert not signer.refused(scope, {})


@pytest.mark.parametrize("scope", [Scope(), scope_of(authorization=""), scope_of(x_api_key="abc")])
async def test_a_caller_without_it_cannot_make_the_call(scope: Scope) -> None:
    async with signer_of(ForwardToken()) as signer:
        with pytest.raises(UpstreamUnauthenticated, match=r"^things: the caller brought no Authorization$"):
            await signer.sign(OUTGOING, scope)
    async with signer_of(ForwardToken(optional=True)) as signer:
        assert await signer.sign(OUTGOING, scope) == {}
        assert signer.identity(scope) == ""


@pytest.mark.parametrize("value", ["hidden\r\nX-Admin: 1", "hidden\nx", "hidden\0", "hiddené", "hidden\x7f"])
@pytest.mark.parametrize("optional", [False, True])
async def test_what_a_header_cannot_carry_is_not_sent(value: str, optional: bool) -> None:  # noqa: FBT001 - a parameter
    async with signer_of(ForwardToken(optional=optional)) as signer:
        with pytest.raises(UpstreamUnauthenticated, match=r"Authorization cannot be sent on$") as caught:
            await signer.sign(OUTGOING, scope_of(authorization=value))
    assert "hidden" not in str(caught.value)


async def test_identities_are_digests_that_tell_callers_apart() -> None:
    async with signer_of(ForwardToken()) as signer:
        first, same, other = (
            signer.identity(scope_of(authorization=value)) for value in ("one", "one", "two")
        )
    assert first == same != other
    assert "one" not in first


def test_a_header_that_tells_no_callers_apart_cannot_be_forwarded() -> None:
    with pytest.raises(ConfigurationError, match="can be sent on are authorization, cookie"):
        ForwardToken("X-Tenant")
