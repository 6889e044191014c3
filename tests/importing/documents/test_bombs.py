"""Documents that are made to take time, memory or the stack."""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from patchbay.importing.documents import DescriptionError, UnresolvedRef, open_documents
from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.text import read_text
from tests.importing.documents.descriptions import refused, with_schemas, within, written

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in pairwise("abcdefghijkl")
)

NAMES = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join(['*' + before] * 9)}]}}\n" for before, name in pairwise("abcdefghi")
)


def test_aliases_that_multiply_are_counted_and_not_written_out(tmp_path: Path) -> None:
    with within(seconds=2, megabytes=20):
        told = refused(tmp_path, LAUGHS)
    assert "holds more than 5000000 values, written out without aliases" in told


def test_a_long_text_that_many_aliases_name_is_held_once(tmp_path: Path) -> None:
    text = "openapi: 3.0.0\npaths: {}\na: &a " + "x" * 1_000_000 + "\nb: [" + "*a," * 20_000 + "]\n"
    path = written(tmp_path, "api.yaml", text)
    with within(seconds=5, megabytes=40):
        assert len(open_documents(path).root["b"]) == 20_000


def test_merge_keys_that_multiply_do_not(tmp_path: Path) -> None:
    path = written(tmp_path, "api.yaml", "openapi: 3.0.0\npaths: {}\n" + NAMES)
    with within(seconds=2, megabytes=20):
        assert open_documents(path).root["i"] == {"x": 1, "y": 2}


def test_merged_members_are_counted(tmp_path: Path) -> None:
    members = ", ".join(f"k{index}: 1" for index in range(10_000))
    text = f"a: &a {{{members}}}\nb:\n" + "- {<<: *a}\n" * 600
    with within(seconds=6, megabytes=400):
        assert "holds more than" in refused(tmp_path, text)


@pytest.mark.parametrize("token", ["- ", "? ", ": ", "- ? ", "? - ", "-   "])
def test_lists_that_begin_in_one_line_do_not_end_the_process(tmp_path: Path, token: str) -> None:
    with within(seconds=2, megabytes=50):
        assert refused(tmp_path, token * 100_000 + "a")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 500 + "]" * 500,
        '{"a":' * 300 + "1" + "}" * 300,
        "a: " + "{a: " * 240 + "1" + "}" * 240,
        "\n".join(" " * depth + "a:" for depth in range(900)),
        "\n".join(" " * depth + "a:" for depth in range(3000)),
        "x: &x 1\ny: *x\n" + "\n".join(" " * depth + "a:" for depth in range(300)),
    ],
    ids=["open", "open objects", "lists", "objects", "flow", "blocks", "far blocks", "with an alias"],
)
def test_depth_is_bounded(tmp_path: Path, text: str) -> None:
    with within(seconds=2, megabytes=100):
        told = refused(tmp_path, text)
    assert "nested" in told


@pytest.mark.parametrize("item", [b"[],", b"{},", b'{"":0},', b"0,"])
def test_fifty_megabytes_of_small_values_are_refused_unread(tmp_path: Path, item: bytes) -> None:
    content = b"[" + item * (45_000_000 // len(item)) + b"0]"
    path = written(tmp_path, "api.json", content)
    del content
    with (
        within(seconds=2, megabytes=60),
        pytest.raises(DescriptionError, match="holds more than 5000000 values"),
    ):
        open_documents(path)


def test_a_document_of_a_hundred_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with (
        within(seconds=1, megabytes=1),
        pytest.raises(DescriptionError, match=r"api\.json: is larger than 50 MB"),
    ):
        open_documents(path)


def test_pointers_through_pointers_are_walked_once_each(tmp_path: Path) -> None:
    # Each is found by its second reading only, behind the one before.
    schemas: dict[str, Any] = {
        f"S{index}": {"$ref": f"#/components/schemas/S{index + 1}/q%257E"} for index in range(40)
    }
    node: dict[str, Any] = {"type": "string"}
    for _ in range(41):
        node = {"q%7E": node}
    documents = with_schemas(tmp_path, {**schemas, "S40": node})
    with within(seconds=1, megabytes=5):
        found, _ = documents.resolve({"$ref": "#/components/schemas/S0/q%7E"}, documents.at)
    assert found == {"type": "string"}


def test_many_references_to_nowhere_take_little_time(tmp_path: Path) -> None:
    documents = with_schemas(tmp_path, {})
    with within(seconds=5, megabytes=100):
        for index in range(1_000):
            for ref in (f"#/components/schemas/{index}", f"{index}.json"):
                with pytest.raises(UnresolvedRef):
                    documents.resolve({"$ref": ref}, documents.at)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    strange: list[tuple[str | Path, str]] = [
        ("/dev/zero", "is no regular file"),
        (tmp_path / "pipe", "is no regular file"),
        (tmp_path, "is a directory"),
        (tmp_path / "absent.json", "is not there"),
        (tmp_path / ("x" * 5000), "cannot be read"),
        ("", "is a directory"),
        ("/", "is a directory"),
        ("a\0b", "null character"),
        ("ftp://example.com/api.json", "is no kind of address"),
    ]
    for path, told in strange:
        with pytest.raises(DescriptionError, match=told):
            open_documents(path)


@pytest.mark.parametrize("text", ['{"a": NaN, "b": [%s], "c": 1}', "a: 1\nb: [%s]\nc: 1\n? %s\n: x"])
def test_a_number_of_thousands_of_digits_is_infinite(tmp_path: Path, text: str) -> None:
    digits = "9" * 10_000
    found = read_text(text.replace("%s", digits).encode(), "api", DocumentLimits())
    assert found["b"] == [math.inf]
    assert found["c"] == 1
