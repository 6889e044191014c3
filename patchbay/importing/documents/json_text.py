"""JSON, and what is nearly JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import orjson

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.trees import require_shallow

if TYPE_CHECKING:
    from patchbay.importing.documents.limits import DocumentLimits

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(content: bytes, name: str, limits: DocumentLimits) -> Any:
    """What a JSON text holds.

    Raises:
        DescriptionError: it is no JSON (with its line), or too deep or too much (without).
    """
    _require_few(content, name, limits)
    try:
        tree = orjson.loads(content)
    except orjson.JSONDecodeError as refused:
        tree = _leniently(content, name, refused)
    require_shallow(tree, name, limits)
    return tree


def _require_few(content: bytes, name: str, limits: DocumentLimits) -> None:
    # Brackets and commas in texts count as well, but never as much as this; what is counted twice is what
    # takes memory: an object or a list is some hundred bytes.
    brackets = content.count(b"{") + content.count(b"[")
    if 2 * brackets + content.count(b",") > limits.max_values:
        raise DescriptionError(name, f"holds more than {limits.max_values} values")


def _leniently(content: bytes, name: str, refused: orjson.JSONDecodeError) -> Any:
    """Reads on past control characters in texts, NaN, broken surrogates and bytes that are no UTF-8."""
    if refused.msg.startswith("Recursion limit"):
        raise DescriptionError(name, "is nested too deep") from refused
    try:
        tree = json.loads(content.decode("utf-8", "replace"), strict=False)
    except RecursionError:
        raise DescriptionError(name, "is nested too deep") from None
    except json.JSONDecodeError as error:
        raise DescriptionError(name, f"is not JSON: {error.msg}", error.lineno) from error
    except ValueError as error:  # A number of thousands of digits.
        raise DescriptionError(name, "holds a number that is too long", refused.lineno) from error
    return _without_surrogates(tree)


def _without_surrogates(tree: Any) -> Any:
    """Half a character cannot be written again: not to a log, a schema or a file."""
    text = json.dumps(tree, ensure_ascii=False)
    if _SURROGATE.search(text) is None:
        return tree
    return json.loads(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text), strict=False)
