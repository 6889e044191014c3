"""The server's settings, from environment variables. Upstreams' addresses and credentials are no settings."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, get_args

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from patchbay.environment import Environment
from patchbay.errors import ConfigurationError
from patchbay.inbox.location import FILE_SETTING, URL_SETTING, both_given
from patchbay.server.settings.identity import IdentitySettings
from patchbay.server.settings.inbox import InboxSettings
from patchbay.server.settings.operations import OperationSettings
from patchbay.server.settings.serving import ServingSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "PATCHBAY_"


class Settings(OperationSettings, IdentitySettings, InboxSettings, ServingSettings):
    """What the server can be told; each field is the environment variable of its alias.

    A secret can be given as NAME_FILE as well, see patchbay.environment.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_file=None)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in these variables.

        Raises:
            ConfigurationError: naming every variable that is unknown or has an unusable value.
        """
        known = [field.alias for field in cls.model_fields.values() if field.alias]
        files = [f"{name}_FILE" for name in cls.secret_names()]
        problems = [
            _unknown(name, known)
            for name in sorted(environment)
            if name.startswith(PREFIX) and name not in known and name not in files
        ]
        given = {name: environment[name] for name in known if environment.get(name, "").strip()}
        for name in cls.secret_names():
            if any(environment.get(each, "").strip() for each in (name, f"{name}_FILE")):
                try:
                    given[name] = Environment(environment).text(name)
                except ConfigurationError as error:
                    problems.append(str(error))
        if FILE_SETTING in given and URL_SETTING in given:
            problems.append(str(both_given()))
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            settings = None
            problems += [_unusable(str(problem["loc"][0]), problem["msg"]) for problem in error.errors()]
        if settings is None or problems:
            raise ConfigurationError("\n".join(problems))
        return settings

    @classmethod
    def secret_names(cls) -> list[str]:
        """The variables that hold secrets."""
        fields = cls.model_fields.values()
        return [str(field.alias) for field in fields if SecretStr in get_args(field.annotation)]

    @classmethod
    def help_lines(cls) -> list[str]:
        """One line per variable: name, meaning, default."""
        fields = cls.model_fields.values()
        width = max(len(field.alias or "") for field in fields)
        return [
            f"  {field.alias:<{width}}  {field.description} (default: {default_text(field.default)})"
            for field in fields
        ]


def default_text(default: object) -> str:
    """A default as it could stand in a variable; `none` where there is nothing in it."""
    if default is None or default == ():
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _unusable(name: str, message: str) -> str:
    """Messages of our own begin with the variable already."""
    return message if message.startswith(name) else f"{name}: {message}"


def _unknown(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
