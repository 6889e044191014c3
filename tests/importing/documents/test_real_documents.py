"""Real descriptions: all load, all their references lead somewhere, and it does not take long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from patchbay.importing.documents import open_documents
from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.yaml_events import read_events
from patchbay.importing.documents.yaml_text import read_yaml
from tests.importing.documents.descriptions import places
from tests.importing.specs import needs_specs, openapi, openapi_documents

pytestmark = needs_specs


@pytest.mark.parametrize("path", openapi_documents(), ids=lambda path: path.name)
def test_a_real_document_loads_and_holds_together(path: Path) -> None:
    started = time.perf_counter()
    documents = open_documents(path)
    took = time.perf_counter() - started
    print(f"{path.name}: {documents.version}, {1000 * took:.0f} ms")  # noqa: T201 - seen with -s
    assert took < 1.0
    followed = 0
    for node, at in places(documents):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target, place = documents.resolve(node, at)
            assert isinstance(target, dict)
            assert place != at
            followed += 1
    assert followed or path.stat().st_size < 200_000


SMALL_YAML = [
    path for path in openapi_documents() if path.suffix != ".json" and path.stat().st_size < 200_000
]


@pytest.mark.parametrize("path", SMALL_YAML, ids=lambda path: path.name)
def test_both_readers_of_yaml_say_the_same(path: Path) -> None:
    text = path.read_text()
    assert read_yaml(text, path.name, DocumentLimits()) == read_events(text, path.name, DocumentLimits())


def test_the_largest_documents_open_in_a_fraction_of_a_second() -> None:
    started = time.perf_counter()
    for name in ("apis-guru-npm/stripe.com.json", "apis-guru-npm/mailchimp.com.json"):
        open_documents(openapi(name))
    assert time.perf_counter() - started < 1.0
