"""Tokens that nobody may be believed for: name -> how it is made for an issuer that signs by RS256."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from joserfc.jwk import OctKey, RSAKey

from tests.access.oidc import AUDIENCE, OidcIssuer, ec_key, encoded, rsa_key

Make = Callable[[OidcIssuer], str]


def by_hmac(issuer: OidcIssuer, secret: bytes) -> str:
    text = f"{encoded({'alg': 'HS256', 'kid': issuer.key.kid})}.{encoded(issuer.claims())}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), sha256))}"


def pem(issuer: OidcIssuer) -> bytes:
    assert isinstance(issuer.key, RSAKey)
    return issuer.key.as_pem(private=False)


def now(seconds: float) -> int:
    return int(time.time() + seconds)


def other_signature(issuer: OidcIssuer) -> str:
    return ".".join((*issuer.token().split(".")[:2], issuer.token(sub="other").split(".")[2]))


def other_payload(issuer: OidcIssuer) -> str:
    first, _, last = issuer.token().split(".")
    return f"{first}.{encoded(issuer.claims(sub='admin'))}.{last}"


def padded(issuer: OidcIssuer) -> str:
    """The same signature in other characters."""
    token = issuer.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def _plain(issuer: OidcIssuer) -> RSAKey:
    """The issuer's key, without what it is for."""
    private = {
        name: value for name, value in issuer.key.as_dict(private=True).items() if name not in ("alg", "use")
    }
    return RSAKey.import_key(private)


def _embedded(issuer: OidcIssuer, *, with_kid: bool) -> str:
    own = rsa_key()
    return issuer.token(
        {"jwk": own.as_dict(private=False), "kid": issuer.key.kid if with_kid else own.kid}, own
    )


def _raw(issuer: OidcIssuer, payload: bytes) -> str:
    return f"{encoded({'alg': 'RS256', 'kid': issuer.key.kid})}.{encoded(payload)}.AAAA"


FORGED: Final[dict[str, Make]] = {
    "none": lambda i: f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(i.claims())}.",
    "None": lambda i: f"{encoded({'alg': 'None'})}.{encoded(i.claims())}.",
    "none with a signature": lambda i: (
        f"{encoded({'alg': 'none', 'kid': i.key.kid})}.{encoded(i.claims())}.{i.token().split('.')[2]}"
    ),
    "no algorithm": lambda i: f"{encoded({'typ': 'JWT'})}.{encoded(i.claims())}.",
    "HS256 with the PEM": lambda i: by_hmac(i, pem(i)),
    "HS256 with the PEM, trimmed": lambda i: by_hmac(i, pem(i).strip()),
    "HS256 with the DER": lambda i: by_hmac(i, base64.b64decode(b"".join(pem(i).split(b"\n")[1:-2]))),
    "HS256 with the JWK": lambda i: by_hmac(i, json.dumps(i.key.as_dict(private=False)).encode()),
    "HS256 with the modulus": lambda i: by_hmac(i, str(i.key.as_dict(private=False)["n"]).encode()),
    "HS256 with nothing": lambda i: by_hmac(i, b""),
    "unknown crit": lambda i: i.token({"crit": ["exp"], "exp": 1}),
    "empty crit": lambda i: i.token({"crit": []}),
    "crit that is none": lambda i: i.token({"crit": 5}),
    "crit b64": lambda i: i.token({"crit": ["b64"], "b64": True}),
    "iss and more": lambda i: i.token(iss=f"{i.url}.evil.example"),
    "iss below": lambda i: i.token(iss=f"{i.url}/"),
    "iss cut": lambda i: i.token(iss=i.url[:-1]),
    "iss in capitals": lambda i: i.token(iss=i.url.upper()),
    "iss in a list": lambda i: i.token(iss=[i.url]),
    "iss missing": lambda i: i.token(iss=None),
    "aud missing": lambda i: i.token(aud=None),
    "aud wrong": lambda i: i.token(aud="somebody-else"),
    "aud and more": lambda i: i.token(aud=f"{AUDIENCE}.evil"),
    "aud cut": lambda i: i.token(aud=AUDIENCE[:-1]),
    "aud empty": lambda i: i.token(aud=""),
    "aud an empty list": lambda i: i.token(aud=[]),
    "aud no text": lambda i: i.token(aud={AUDIENCE: True}),
    "aud in one text": lambda i: i.token(aud=f"{AUDIENCE} other"),
    "exp missing": lambda i: i.token(exp=None),
    "exp in text": lambda i: i.token(exp=str(now(600))),
    "exp true": lambda i: i.token(exp=True),
    "exp huge": lambda i: i.token(exp=10**400),
    "exp beyond floats": lambda i: i.token(exp=2**60),
    "exp 61 s ago": lambda i: i.token(exp=now(-61)),
    "exp 31 s ago": lambda i: i.token(exp=now(-31)),
    "nbf ahead": lambda i: i.token(nbf=now(61)),
    "nbf in text": lambda i: i.token(nbf="0"),
    "iat ahead": lambda i: i.token(iat=now(61)),
    "sub missing": lambda i: i.token(sub=None),
    "sub empty": lambda i: i.token(sub=""),
    "sub a number": lambda i: i.token(sub=5),
    "jku": lambda i: i.token({"jku": i.jwks_url}, rsa_key()),
    "x5u": lambda i: i.token({"x5u": i.jwks_url, "kid": i.key.kid}, rsa_key()),
    "embedded jwk": lambda i: _embedded(i, with_kid=False),
    "embedded jwk by the known kid": lambda i: _embedded(i, with_kid=True),
    "kid a path": lambda i: i.token(
        {"alg": "HS256", "kid": "../../../../dev/null"}, OctKey.import_key("x" * 32)
    ),
    "kid as SQL": lambda i: i.token({"kid": "x' UNION SELECT 'y"}, rsa_key()),
    "kid a number": lambda i: i.token({"kid": 5}),
    "kid a list": lambda i: i.token({"kid": [i.key.kid]}),
    "kid of another key": lambda i: i.token({"kid": i.key.kid}, rsa_key()),
    "no kid, another key": lambda i: i.token({"kid": None}, rsa_key()),
    "ES256 where RS256 is declared": lambda i: i.token({"alg": "ES256", "kid": i.key.kid}, ec_key()),
    "RS512 where RS256 is declared": lambda i: i.token({"alg": "RS512"}, _plain(i)),
    "PS256 where RS256 is declared": lambda i: i.token({"alg": "PS256"}, _plain(i)),
    "signature stripped": lambda i: i.token().rpartition(".")[0] + ".",
    "signature and its point stripped": lambda i: i.token().rpartition(".")[0],
    "signature cut": lambda i: i.token()[:-20],
    "signature of another token": other_signature,
    "another payload": other_payload,
    "signature in other characters": padded,
    "four parts": lambda i: i.token() + ".x",
    "five parts": lambda i: i.token() + ".x.y",
    "of another type": lambda i: i.token({"typ": "logout+jwt"}),
    "payload a list": lambda i: _raw(i, b"[]"),
    "payload deep": lambda i: _raw(i, b'{"a":' + b"[" * 3000),
    "payload no UTF-8": lambda i: _raw(i, b'{"a":"\xff"}'),
    "payload NaN": lambda i: _raw(i, b'{"exp":NaN}'),
    "header a list": lambda i: f"{encoded(['alg'])}.{i.token().partition('.')[2]}",
    "header a text": lambda i: f"{encoded('alg')}.{i.token().partition('.')[2]}",
    "header deep": lambda i: f"{encoded(b'[' * 3000)}.{i.token().partition('.')[2]}",
    "too long": lambda i: i.token(more="x" * 9000),
    "nothing": lambda _: "..",
}
