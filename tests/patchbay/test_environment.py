"""Variables are checked at start, with messages that name them and never show their values."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import msgspec
import pytest

from patchbay.calls import ApiKey
from patchbay.environment import Environment, Secret, Variable
from patchbay.errors import ConfigurationError
from patchbay.upstreams import Rest
from tests.patchbay.calling import CANARY


@pytest.mark.parametrize("value", [None, "", "  \t "])
def test_a_variable_that_is_missing_or_blank_is_named(value: str | None) -> None:
    environment = Environment({} if value is None else {"CRM_KEY": value})
    with pytest.raises(ConfigurationError, match=r"^environment variable CRM_KEY is not set$"):
        environment.text("CRM_KEY")


def test_space_around_a_value_is_no_part_of_it() -> None:
    assert Environment({"CRM_KEY": " key\n"}).text("CRM_KEY") == "key"


def test_bytes_that_are_not_utf8_are_refused() -> None:
    environment = Environment({"CRM_KEY": f"{CANARY}\udcff"})
    with pytest.raises(ConfigurationError, match=r"^environment variable CRM_KEY is not text in UTF-8$"):
        environment.secret("CRM_KEY")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8101", "https://crm.example/api/v2/", "http://[::1]:80", "http://h?wsdl"]
)
def test_an_address_is_handed_on_as_it_is(url: str) -> None:
    assert Environment({"CRM_URL": url}).url("CRM_URL") == url


@pytest.mark.parametrize(
    "url",
    [
        CANARY,
        f"{CANARY}.example:80",
        f"ftp://{CANARY}",
        f"file:///{CANARY}",
        f"http:///{CANARY}",
        f"http://user:{CANARY}@h",
        f"http://{CANARY}@h",
        f"http://h/#{CANARY}",
        f"http://h:{CANARY}",
        f"http://{CANARY}:99999",
        f"http://{CANARY}:0",
        f"http://[{CANARY}",
        f"http://{CANARY} h",
        f"http://{CANARY}\x00",
        f"http://{CANARY}/{'x' * 70_000}",
    ],
)
def test_what_calls_cannot_be_sent_to_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^environment variable CRM_URL (is|must)") as caught:
        Environment({"CRM_URL": url}).url("CRM_URL")
    assert CANARY not in str(caught.value)


def test_an_address_that_paths_are_put_behind_has_no_query() -> None:
    environment = Environment({"CRM_URL": f"http://h/?key={CANARY}", "SHOP_URL": "http://h/api"})
    with pytest.raises(
        ConfigurationError, match=r"^environment variable CRM_URL must not have a query"
    ) as caught:
        environment.base_url("CRM_URL")
    assert CANARY not in str(caught.value)
    assert environment.base_url("SHOP_URL") == "http://h/api"


def test_one_start_reports_everything_that_is_missing() -> None:
    url, key, user = (
        Variable("CRM_URL", "address"),
        Variable("CRM_KEY", "API key"),
        Variable("ERP_USER", "user"),
    )
    environment = Environment({"CRM_KEY": CANARY, "ERP_USER": " "})
    with pytest.raises(ConfigurationError) as caught:
        environment.require([("crm", url), ("crm", key), ("erp", user)])
    assert str(caught.value).splitlines() == [
        "these environment variables are not set:",
        "  CRM_URL  (crm: address)",
        "  ERP_USER  (erp: user)",
    ]
    environment.require([("crm", key)])


@pytest.mark.parametrize(
    "name",
    ["", CANARY, CANARY.upper(), f"CRM_KEY={CANARY}", "crm_key", "1KEY", "CRM KEY", "CRM_KEY\n", "CLÉ"],
)
def test_a_key_in_the_place_of_a_variables_name_is_refused_without_showing_it(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Variable(name, "API key")
    assert str(caught.value) == (
        "API key must be given by the name of an environment variable, such as CRM_KEY"
    )


def test_an_upstream_does_not_show_a_key_that_was_written_into_its_declaration() -> None:
    rest = Rest("crm", base_url="CRM_URL", credentials=ApiKey(CANARY))
    with pytest.raises(ConfigurationError, match=r"^API key, sent as X-Api-Key must be given by") as caught:
        rest.variables()
    assert CANARY not in str(caught.value)


class TestSecret:
    secret = Environment({"CRM_KEY": CANARY}).secret("CRM_KEY")

    def test_it_is_revealed_only_where_asked_for(self) -> None:
        assert self.secret.reveal() == CANARY
        assert self.secret.derive(f"Bearer {CANARY}").reveal() == f"Bearer {CANARY}"

    @pytest.mark.parametrize(
        "show", [repr, str, format, "{:>40}".format, "{!r}".format, "%s".__mod__, ascii, lambda s: str([s])]
    )
    def test_printing_it_shows_where_it_came_from(self, show: Callable[[object], str]) -> None:
        for secret in (self.secret, self.secret.derive(f"Bearer {CANARY}")):
            assert "<secret CRM_KEY>" in show(secret)
            assert CANARY not in show(secret)

    @pytest.mark.parametrize(
        "send", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode]
    )
    def test_it_does_not_leave_the_process(self, send: Callable[[object], object]) -> None:
        with pytest.raises(TypeError) as caught:
            send(self.secret)
        assert CANARY not in "".join(traceback.format_exception(caught.value))

    def test_it_has_no_dict_to_be_dumped(self) -> None:
        assert not hasattr(self.secret, "__dict__")

    def test_logging_it_shows_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        logging.getLogger("any").error("calling with %s %r", self.secret, {"key": self.secret})
        assert "<secret CRM_KEY>" in caplog.text
        assert CANARY not in caplog.text

    def test_two_of_them_are_not_compared_by_accident(self) -> None:
        assert self.secret != Secret(CANARY, "CRM_KEY")
