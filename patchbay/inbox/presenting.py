"""Events as JSON, the same on the command line and over HTTP. Times are in epoch seconds."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from patchbay.inbox.listing import EventDetails
    from patchbay.inbox.runs import Run


def details_as_json(details: EventDetails, *, with_body: bool) -> dict[str, Any]:
    """All about an event; where that is asked for with its `body`, or `body_base64` of what is no text."""
    shown: dict[str, Any] = {
        **msgspec.to_builtins(details.event),
        "body_hash": details.body_hash,
        "try_at": details.try_at,
        "failed_at": details.failed_at,
        "alike": list(details.alike),
        "records": [{"kind": kind, "key": key} for kind, key in details.records],
    }
    if with_body:
        shown.update(_body(details.body))
    return shown


def run_as_json(run: Run | None) -> dict[str, Any] | None:
    """How far a run is, or how it went; None where there was none."""
    if run is None:
        return None
    shown = msgspec.to_builtins(run)
    report = shown.pop("report")
    return {**shown, **report}


def _body(body: bytes | None) -> dict[str, str | None]:
    if body is None:
        return {"body": None}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
