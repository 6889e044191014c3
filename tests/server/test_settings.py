"""The inbox's file: a database's address would silently become a folder."""

from pathlib import Path

import pytest

from patchbay.errors import ConfigurationError
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
