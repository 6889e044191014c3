"""What is asked of a token endpoint, for each kind of OAuth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from patchbay.calls import ClientCredentials, Credentials, RefreshToken, TokenExchange
from patchbay.environment import Environment
from patchbay.errors import ConfigurationError, UpstreamUnauthenticated
from patchbay.scope import Scope
from tests.credentials.opening import OUTGOING, opened, pair_of, scope_of, signer_of
from tests.credentials.token_server import TokenServer

Later = Callable[[float], None]
NAMES = ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
ENCODED_PAIR = "client%3A%C3%A4:s3cret%2B%26%3D%25+%C3%BC"


async def test_client_credentials_by_basic(server: TokenServer) -> None:
    credentials = ClientCredentials(*NAMES, scope="read write", audience="things", resource="https://things/")
    async with signer_of(credentials, **server.variables) as signer:
        await signer.sign(OUTGOING, Scope())
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/oauth/token?tenant=a%20b")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["accept"] == "application/json"
    assert pair_of(asked.headers["authorization"]) == ENCODED_PAIR
    assert server.forms == [
        {
            "grant_type": "client_credentials",
            "scope": "read write",
            "audience": "things",
            "resource": "https://things/",
        }
    ]


async def test_client_credentials_in_the_form(server: TokenServer) -> None:
    async with signer_of(ClientCredentials(*NAMES, authentication="post"), **server.variables) as signer:
        await signer.sign(OUTGOING, Scope())
    assert "authorization" not in server.asked[0].headers
    assert server.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "client:ä",
            "client_secret": "s3cret+&=% ü",
        }
    ]


async def test_a_refresh_token_is_replaced_by_each_that_comes_with_an_answer(
    server: TokenServer, later: Later
) -> None:
    credentials = RefreshToken(*NAMES[:2], "REFRESH_TOKEN", "CLIENT_SECRET", scope="read")
    async with signer_of(credentials, REFRESH_TOKEN="first", **server.variables) as signer:
        for given in ("second", "third", None):
            server.extra["refresh_token"] = given
            await signer.sign(OUTGOING, Scope())
            later(3601)
        await signer.sign(OUTGOING, Scope())
    assert [form["refresh_token"] for form in server.forms] == ["first", "second", "third", "third"]
    assert {form["grant_type"] for form in server.forms} == {"refresh_token"}
    assert {form["scope"] for form in server.forms} == {"read"}
    assert {pair_of(asked.headers["authorization"]) for asked in server.asked} == {ENCODED_PAIR}


async def test_a_client_without_a_secret_tells_its_id(server: TokenServer) -> None:
    credentials = RefreshToken(*NAMES[:2], "REFRESH_TOKEN")
    values = {name: value for name, value in server.variables.items() if name != "CLIENT_SECRET"}
    async with signer_of(credentials, REFRESH_TOKEN="first", **values) as signer:
        await signer.sign(OUTGOING, Scope())
    assert "authorization" not in server.asked[0].headers
    assert server.forms == [
        {"grant_type": "refresh_token", "refresh_token": "first", "client_id": "client:ä"}
    ]


async def test_an_exchange_hands_in_the_callers_token(server: TokenServer) -> None:
    credentials = TokenExchange(*NAMES, audience="things", scope="read", resource="https://things/")
    async with signer_of(credentials, **server.variables) as signer:
        headers = await signer.sign(OUTGOING, scope_of(authorization="bearer  abc.def~+/= "))
    assert headers == {"Authorization": "Bearer token-1"}
    assert pair_of(server.asked[0].headers["authorization"]) == ENCODED_PAIR
    assert server.forms == [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": "abc.def~+/=",
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": "things",
            "scope": "read",
            "resource": "https://things/",
        }
    ]


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": ""}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"},
     {"authorization": "Bearer a b"}, {"authorization": "Bearer é"}, {"x_api_key": "Bearer abc"}],
)  # fmt: skip
async def test_there_is_no_exchange_without_a_bearer_token(
    server: TokenServer, headers: dict[str, str]
) -> None:
    async with signer_of(TokenExchange(*NAMES), **server.variables) as signer:
        assert signer.identity(scope_of(**headers)) == ""
        with pytest.raises(UpstreamUnauthenticated, match=r"^things: the caller brought no Bearer token$"):
            await signer.sign(OUTGOING, scope_of(**headers))
    async with signer_of(TokenExchange(*NAMES, optional=True), **server.variables) as signer:
        assert await signer.sign(OUTGOING, scope_of(**headers)) == {}
    assert server.asked == []


KINDS: list[Credentials] = [
    ClientCredentials(*NAMES),
    RefreshToken(*NAMES[:2], "REFRESH_TOKEN", "CLIENT_SECRET"),
    TokenExchange(*NAMES),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)


@each_kind
async def test_each_variable_is_declared_and_missed(kind: Credentials) -> None:
    values = {"TOKEN_URL": "http://h/", "CLIENT_ID": "a", "CLIENT_SECRET": "b", "REFRESH_TOKEN": "c"}
    declared = [variable.name for variable in kind.variables()]
    async with opened(kind, **{name: values[name] for name in declared}):
        pass
    for name in declared:
        with pytest.raises(ConfigurationError, match=rf"^environment variable {name} is not set$"):
            async with opened(kind, **{**values, name: ""}):
                pass


@each_kind
async def test_a_token_url_has_to_be_one(kind: Credentials) -> None:
    values = {"TOKEN_URL": "ftp://h", "CLIENT_ID": "a", "CLIENT_SECRET": "b", "REFRESH_TOKEN": "c"}
    with pytest.raises(ConfigurationError, match=r"^environment variable TOKEN_URL must be an address"):
        async with opened(kind, **values):
            pass


@pytest.mark.parametrize("kind", [ClientCredentials, RefreshToken, TokenExchange])
def test_an_unknown_authentication_is_told_where_it_is_declared(kind: Callable[..., Credentials]) -> None:
    with pytest.raises(ConfigurationError, match='authentication is "basic" or "post"'):
        kind("A", "B", "C", authentication="jwt")


def test_a_secret_in_the_place_of_a_name_is_not_shown() -> None:
    credentials = ClientCredentials("TOKEN_URL", "CLIENT_ID", "s3cret-value")
    with pytest.raises(ConfigurationError, match="must be given by the name") as caught:
        Environment({}).require(("things", variable) for variable in credentials.variables())
    assert "s3cret" not in str(caught.value)
