"""Where the inbox is, from the environment: PATCHBAY_DATABASE or PATCHBAY_DATABASE_URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from patchbay.environment import Environment, Secret
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_SETTING = "PATCHBAY_DATABASE"
URL_SETTING = "PATCHBAY_DATABASE_URL"
DEFAULT_FILE = Path(".data/patchbay.sqlite3")

_SCHEMES = ("postgresql://", "postgres://")


def file_problem(text: str) -> str | None:
    """Why this is no path of a SQLite file; None where it may be one."""
    if "://" in text or text.lower().startswith("sqlite:"):
        return f"{FILE_SETTING} must be the path of a file"
    return None


def url_problem(text: str) -> str | None:
    """Why this is no address of a PostgreSQL; None where it is one. Shows nothing of it."""
    if not text.startswith(_SCHEMES):
        return f"{URL_SETTING} must start with postgresql:// or postgres://"
    # Most have no PostgreSQL, and need not wait for its client's library.
    from psycopg import ProgrammingError  # noqa: PLC0415 - as above
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

    try:
        conninfo_to_dict(text)
    except (ProgrammingError, UnicodeError):
        return f"{URL_SETTING} cannot be understood: it is postgresql://user:password@host:5432/name"
    return None


def read_location(environment: Mapping[str, str]) -> Path | Secret:
    """As the server reads it, for commands that need no other setting.

    Args:
        environment: normally os.environ.

    Raises:
        ConfigurationError: it is wrong, or both are set; names the setting, and no password.
    """
    values = Environment(environment)
    file = environment.get(FILE_SETTING, "")
    if not any(environment.get(name, "").strip() for name in (URL_SETTING, f"{URL_SETTING}_FILE")):
        problem = file_problem(file)
        if problem is not None:
            raise ConfigurationError(problem)
        return Path(file) if file.strip() else DEFAULT_FILE
    if file.strip():
        raise both_given()
    url = values.secret(URL_SETTING)
    problem = url_problem(url.reveal())
    if problem is not None:
        raise ConfigurationError(problem)
    return url


def both_given() -> ConfigurationError:
    """The sentence where there are two places."""
    return ConfigurationError(f"{FILE_SETTING} and {URL_SETTING} are both set: one must do")
