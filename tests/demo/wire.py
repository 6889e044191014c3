"""A plain HTTP client on the standard library, so that the services are judged by what stands on the wire."""

import base64
import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One service; `headers` go with every call."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url
        self.headers = dict(headers)

    @staticmethod
    def basic(user: str, password: str) -> dict[str, str]:
        return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}

    def get(self, path: str, **query: object) -> Answer:
        return self.ask("GET", f"{path}?{urlencode(query, safe=',')}")

    def post(self, path: str, value: object, key: str | None = None) -> Answer:
        headers = {} if key is None else {"idempotency-key": key}
        return self.ask("POST", path, json.dumps(value).encode(), **headers)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request(method, path, body, {**self.headers, **headers})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()
