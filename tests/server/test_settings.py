"""Where the inbox is, and secrets: wrong values are told by name, and never shown."""

from pathlib import Path

import pytest

from patchbay.environment import Secret
from patchbay.errors import ConfigurationError
from patchbay.inbox import InboxOptions
from patchbay.inbox.location import read_location
from patchbay.server import Settings


@pytest.mark.parametrize(
    "value",
    ["sqlite:///inbox.sqlite3", "sqlite:inbox", "SQLite:inbox", "postgresql://db/inbox", "file://inbox"],
)
def test_a_database_that_is_an_address_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read({"PATCHBAY_DATABASE": value, "PORT": "0"})
    first, second = str(caught.value).splitlines()
    assert first.startswith("PORT: ")
    assert second == "PATCHBAY_DATABASE must be the path of a file"


@pytest.mark.parametrize("value", ["inbox.sqlite3", "/var/lib/patchbay/inbox", "data/a:b.sqlite3"])
def test_a_path_is_taken_as_it_is(value: str) -> None:
    assert Settings.read({"PATCHBAY_DATABASE": value}).database == Path(value)


URL = "postgresql://patchbay:canary@db.example.com:5432/inbox"


@pytest.mark.parametrize("value", [URL, URL.replace("postgresql", "postgres")])
def test_a_postgresql_takes_the_file_s_place(value: str) -> None:
    settings = Settings.read({"PATCHBAY_DATABASE_URL": value})
    assert isinstance(settings.location, Secret)
    assert (settings.location.reveal(), settings.location.variable) == (value, "PATCHBAY_DATABASE_URL")
    assert "canary" not in repr(settings)
    assert Settings.read({}).location == Path(".data/patchbay.sqlite3")


def test_a_secret_can_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"{URL}\n")
    location = Settings.read({"PATCHBAY_DATABASE_URL_FILE": str(file)}).location
    assert isinstance(location, Secret)
    assert location.reveal() == URL


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"PATCHBAY_DATABASE_URL": "mysql://x:canary@db/inbox"},
            "PATCHBAY_DATABASE_URL must start with postgresql:// or postgres://",
        ),
        ({"PATCHBAY_DATABASE_URL": "postgresql://x:canary%zz@db/inbox"}, "PATCHBAY_DATABASE_URL cannot be"),
        (
            {"PATCHBAY_DATABASE_URL": "postgresql://x:canary@db/inbox?colour=red"},
            "PATCHBAY_DATABASE_URL cannot",
        ),
        (
            {"PATCHBAY_DATABASE_URL": URL, "PATCHBAY_DATABASE": "inbox.sqlite3"},
            "PATCHBAY_DATABASE and PATCHBAY_DATABASE_URL are both set: one must do",
        ),
        (
            {"PATCHBAY_DATABASE_URL": URL, "PATCHBAY_DATABASE_URL_FILE": "/nowhere"},
            "environment variables PATCHBAY_DATABASE_URL and PATCHBAY_DATABASE_URL_FILE are both set",
        ),
        (
            {"PATCHBAY_DATABASE_URL_FILE": "/nowhere/canary"},
            "PATCHBAY_DATABASE_URL_FILE names a file that cannot",
        ),
        (
            {"PATCHBAY_OPERATOR_TOKEN": "canary"},
            "PATCHBAY_OPERATOR_TOKEN must have at least 16 printable ASCII",
        ),
        (
            {"PATCHBAY_OPERATOR_TOKEN": "canary-canary-canary-\x07"},
            "PATCHBAY_OPERATOR_TOKEN must have at least",
        ),
        (
            {"PATCHBAY_INBOX_KEEP_DAYS": "6"},
            "PATCHBAY_INBOX_KEEP_DAYS: Input should be greater than or equal to 7",
        ),
        ({"PATCHBAY_INBOX_MAX_MEGABYTES": "0"}, "PATCHBAY_INBOX_MAX_MEGABYTES: "),
        ({"PATCHBAY_INBOX_ATTEMPTS": "0"}, "PATCHBAY_INBOX_ATTEMPTS: "),
        ({"PATCHBAY_HOST_FILE": "x"}, "PATCHBAY_HOST_FILE is not a setting"),
    ],
)
def test_what_is_wrong_is_told_without_a_secret(given: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read(given)
    assert problem in str(caught.value)
    assert "canary" not in str(caught.value)
    # As commands read it, which need no other setting.
    if "DATABASE" in problem:
        with pytest.raises(ConfigurationError) as caught:
            read_location(given)
        assert problem in str(caught.value)
        assert "canary" not in str(caught.value)


def test_the_inbox_s_settings_are_its_options() -> None:
    given = {
        "PATCHBAY_INBOX_KEEP_DAYS": "8",
        "PATCHBAY_INBOX_MAX_MEGABYTES": "3",
        "PATCHBAY_INBOX_ATTEMPTS": "2",
    }
    assert Settings.read(given).inbox_options == InboxOptions(
        attempts=2, keep_days=8, max_body_bytes=3_000_000
    )


def test_commands_read_the_same_place() -> None:
    for given in ({}, {"PATCHBAY_DATABASE": " x.sqlite3 "}, {"PATCHBAY_DATABASE": ""}):
        assert read_location(given) == Settings.read(given).location
    location = read_location({"PATCHBAY_DATABASE_URL": URL, "PATCHBAY_DATABASE": ""})
    assert isinstance(location, Secret)
    assert location.reveal() == URL
