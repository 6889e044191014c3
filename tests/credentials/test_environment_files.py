"""A variable may be given by a file that holds its value, as containers mount secrets."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from patchbay.calls import ApiKey
from patchbay.environment import Environment, Variable
from patchbay.errors import ConfigurationError
from patchbay.upstreams import Rest
from tests.patchbay import calling
from tests.patchbay.calling import CANARY, GET
from tests.patchbay.wire import Wire, json_reply

KEY = Variable("CRM_KEY", "API key")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "crm_key"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_holds_the_value(file: Path, end: str) -> None:
    file.write_bytes(f"{CANARY} grüße{end}".encode())
    environment = Environment({"CRM_KEY_FILE": str(file)})
    environment.require([("crm", KEY)])
    assert environment.text("CRM_KEY") == environment.secret("CRM_KEY").reveal() == f"{CANARY} grüße"


def written(file: Path, text: str) -> str:
    """The path of a file with this text."""
    file.write_text(f"{text}\n")
    return str(file)


async def test_it_holds_for_addresses_and_credentials_alike(file: Path, tmp_path: Path) -> None:
    rest = Rest("crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY"))
    async with Wire(json_reply({})) as wire:
        paths = {
            "CRM_URL_FILE": written(tmp_path / "url", wire.url),
            "CRM_KEY_FILE": written(file, CANARY),
        }
        Environment(paths).require(("crm", variable) for variable in rest.variables())
        async with calling.opened(rest, **paths):
            await rest.send(GET)
        assert wire.requests[0].headers["x-api-key"] == CANARY


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_file_sets_nothing(file: Path, content: str) -> None:
    file.write_text(content)
    environment = Environment({"CRM_KEY_FILE": str(file)})
    with pytest.raises(ConfigurationError, match=r"^environment variable CRM_KEY is not set$"):
        environment.text("CRM_KEY")
    with pytest.raises(ConfigurationError, match=r"CRM_KEY  \(crm: API key\)$"):
        environment.require([("crm", KEY)])


def test_a_blank_path_is_none() -> None:
    assert Environment({"CRM_KEY": "key", "CRM_KEY_FILE": " "}).text("CRM_KEY") == "key"


def problem_of(values: dict[str, str]) -> str:
    """What both ways to read say, which is the same and shows nothing."""
    environment = Environment(values)
    with pytest.raises(ConfigurationError) as read:
        environment.text("CRM_KEY")
    with pytest.raises(ConfigurationError) as required:
        environment.require([("crm", KEY)])
    assert CANARY not in "".join(traceback.format_exception(read.value))
    assert str(read.value) == str(required.value)
    return str(read.value)


def test_both_at_once_are_refused(file: Path) -> None:
    file.write_text(CANARY)
    problem = problem_of({"CRM_KEY": CANARY, "CRM_KEY_FILE": str(file)})
    assert problem == "environment variables CRM_KEY and CRM_KEY_FILE are both set: one must do"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (f"/nowhere/{CANARY}", "No such file or directory"),
        ("/", "Is a directory"),
        (f"{CANARY}\0", "not a path"),
        (CANARY * 1000, "File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_variable(path: str, why: str) -> None:
    problem = problem_of({"CRM_KEY_FILE": path})
    assert problem == f"environment variable CRM_KEY_FILE names a file that cannot be read: {why}"


def test_a_file_without_an_end_is_not_read_to_it() -> None:
    problem = problem_of({"CRM_KEY_FILE": "/dev/zero"})
    assert problem == "environment variable CRM_KEY_FILE names a file that is too large"


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(CANARY.encode() + b"\xff")
    with pytest.raises(
        ConfigurationError, match=r"^environment variable CRM_KEY is not text in UTF-8$"
    ) as caught:
        Environment({"CRM_KEY_FILE": str(file)}).text("CRM_KEY")
    assert CANARY not in "".join(traceback.format_exception(caught.value))
