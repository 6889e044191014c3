"""Environment variables as the only place that addresses and credentials come from.

Any variable can be given as NAME_FILE instead: the path of a file that holds the value, as containers mount
secrets.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from patchbay.address import parse_address
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SURROGATE = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes in the environment that are not UTF-8."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")

_MAX_FILE_BYTES = 1024 * 1024
"""Of a file that holds a value: the largest are bundles of certificates."""


class Secret:
    """A value that never prints itself: not in repr, str, format, errors, logs or pickles.

    Args:
        value: the secret itself; read it with `reveal()` at the one place that sends or compares it.
        variable: the environment variable that it came from, which is what is printed instead.
    """

    __slots__ = ("_value", "variable")

    def __init__(self, value: str, variable: str) -> None:
        self._value = value
        self.variable = variable

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def derive(self, value: str) -> Secret:
        """Another secret made from this one, such as a whole header."""
        return Secret(value, self.variable)

    def __repr__(self) -> str:
        return f"<secret {self.variable}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> NoReturn:
        message = f"{self!r} must not leave the process"
        raise TypeError(message)


class Variable:
    """One environment variable that an upstream reads at start.

    Args:
        name: the variable, in capitals, digits and underscores.
        purpose: what it holds, for `--help` and for the message when it is missing.

    Raises:
        ConfigurationError: the name is none. It is not shown: it may be a key that was written in its place.
    """

    __slots__ = ("name", "purpose")

    def __init__(self, name: str, purpose: str) -> None:
        if _NAME.fullmatch(name) is None:
            message = f"{purpose} must be given by the name of an environment variable, such as CRM_KEY"
            raise ConfigurationError(message)
        self.name = name
        self.purpose = purpose

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.purpose!r})"


class Environment:
    """Reads variables, with errors that name the variable and never its value.

    A file that stands for a variable is read whenever the variable is.

    Args:
        values: normally `os.environ`.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Whether it is set and not empty. Raises ConfigurationError for a file that cannot be read."""
        return bool(self._value(name))

    def text(self, name: str) -> str:
        """The value without surrounding space. Raises ConfigurationError when missing, empty or not UTF-8."""
        value = self._value(name)
        if not value:
            message = f"environment variable {name} is not set"
            raise ConfigurationError(message)
        if _SURROGATE.search(value):
            message = f"environment variable {name} is not text in UTF-8"
            raise ConfigurationError(message)
        return value

    def url(self, name: str) -> str:
        """The variable's value, when calls can be sent to it. Raises ConfigurationError otherwise."""
        value = self.text(name)
        problem = _url_problem(value)
        if problem is not None:
            message = f"environment variable {name} {problem}"
            raise ConfigurationError(message)
        return value

    def base_url(self, name: str) -> str:
        """As `url`, for an address that paths are put behind."""
        value = self.url(name)
        if "?" in value:
            message = f"environment variable {name} must not have a query: paths are put behind it"
            raise ConfigurationError(message)
        return value

    def file(self, name: str) -> Path:
        """The variable's value, when it is the path of a file. Raises ConfigurationError otherwise."""
        path = Path(self.text(name))
        if not path.is_file():
            raise ConfigurationError(f"environment variable {name} names no file")
        return path

    def secret(self, name: str) -> Secret:
        """The variable's value as a Secret. Raises ConfigurationError as `text` does."""
        return Secret(self.text(name), name)

    def require(self, variables: Iterable[tuple[str, Variable]]) -> None:
        """Check that all are set, so that one start reports everything that is missing.

        Args:
            variables: pairs of the upstream's name and a variable of its.

        Raises:
            ConfigurationError: with one line per missing variable, or for a file that cannot be used.
        """
        missing = [
            f"  {variable.name}  ({upstream}: {variable.purpose})"
            for upstream, variable in variables
            if not self._value(variable.name)
        ]
        if missing:
            message = "\n".join(["these environment variables are not set:", *missing])
            raise ConfigurationError(message)

    def _value(self, name: str) -> str:
        """The value without surrounding space, from NAME or NAME_FILE; empty where neither is set."""
        value = self._values.get(name, "").strip()
        path = self._values.get(f"{name}_FILE", "").strip()
        if not path:
            return value
        if value:
            raise ConfigurationError(
                f"environment variables {name} and {name}_FILE are both set: one must do"
            )
        try:
            with Path(path).open("rb") as file:
                content = file.read(_MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or "not a path"
            message = f"environment variable {name}_FILE names a file that cannot be read: {problem}"
            # Not chained: the cause shows the path, which may be a key that was written in its place.
            raise ConfigurationError(message) from None
        if len(content) > _MAX_FILE_BYTES:
            raise ConfigurationError(f"environment variable {name}_FILE names a file that is too large")
        return content.decode(errors="surrogateescape").strip()


def _url_problem(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is not a URL"
    if port == 0:
        return "must have a port from 1 to 65535"
    try:
        parse_address(text)
    except ValueError:
        return "must be an address that starts with http:// or https:// and names a host"
    if "@" in parts.netloc:
        return "must not hold credentials: they have variables of their own"
    return "must not have a fragment" if parts.fragment else None
