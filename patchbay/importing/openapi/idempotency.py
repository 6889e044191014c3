"""Headers by which an upstream tells a repeated request from a new one."""

from __future__ import annotations

import re
from typing import Any, Final

from patchbay.importing.openapi.nodes import text

_NAMES: Final = re.compile(r"(?i)(x-)?(\w+-)?idempoten(t|cy)(-?(key|token|id|request-id))?")
_REQUEST_ID: Final = re.compile(r"(?i)(x-)?(\w+-)?(request|client-request|transaction)-?id")


def is_idempotency_key(name: str, parameter: dict[str, Any]) -> bool:
    """Whether a header takes an idempotency key: by its name, or by a request id that is described so."""
    if _NAMES.fullmatch(name):
        return True
    return bool(_REQUEST_ID.fullmatch(name)) and "idempoten" in text(parameter.get("description")).lower()
