"""A document's bytes as plain dicts, lists and scalars, whether they are JSON or YAML.

Which of the two is told by the content, never by a name. Texts that one reader refuses are given to a more
lenient one: descriptions are written by hand, and a control character in a description is no reason to serve
nothing.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.json_text import read_json
from patchbay.importing.documents.kinds import no_data
from patchbay.importing.documents.yaml_text import read_yaml

if TYPE_CHECKING:
    from patchbay.importing.documents.limits import DocumentLimits

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_STARTS_JSON = re.compile(rb"\s*[\[{]")


def read_text(content: bytes, name: str, limits: DocumentLimits) -> Any:
    """What a document holds; all names of members are texts.

    Raises:
        DescriptionError: it is neither JSON nor YAML, or too deep or too much.
    """
    content = _as_utf8(content)
    if not content.strip():
        raise DescriptionError(name, "is empty")
    problem = no_data(content)
    if problem is not None:
        raise DescriptionError(name, problem)
    if _STARTS_JSON.match(content) is None:
        return read_yaml(_decoded(content), name, limits)
    try:
        return read_json(content, name, limits)
    except DescriptionError as error:
        return _as_flow(content, name, limits, error)


def _as_flow(content: bytes, name: str, limits: DocumentLimits, error: DescriptionError) -> Any:
    """A text with JSON's braces that is YAML all the same: with comments, or names without quotes."""
    if error.line is None:
        raise error
    try:
        return read_yaml(_decoded(content), name, limits)
    except DescriptionError:
        raise error from error.__cause__


def _as_utf8(content: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace").encode()
    return content


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        # What is not UTF-8 is the Windows code page in all documents that were seen.
        return content.decode("cp1252", "replace")
