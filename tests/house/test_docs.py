"""The documents say what the code does."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator

import pytest

import adapters
import patchbay
from adapters import UPSTREAMS
from patchbay import __version__, errors
from patchbay.batch import Batch, FanOut
from patchbay.links import LinkField
from patchbay.server import Settings
from patchbay.server.settings import default_text
from patchbay.upstreams import Upstream
from resolvers import links
from tests.serving import ROOT

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def rows(document: str, first_column: str) -> Iterator[list[str]]:
    """The cells of each row of the tables that start with this column."""
    lines = (ROOT / document).read_text().splitlines()
    is_inside = False
    for line in lines:
        if line.startswith(f"| {first_column} |"):
            is_inside = True
        elif not line.startswith("|"):
            is_inside = False
        elif is_inside and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def docstring_of(upstream: Upstream) -> str:
    """The part of its module's docstring that is about it: what it is, and a paragraph of facts."""
    names = [module.name for module in pkgutil.iter_modules(adapters.__path__)]
    modules = [importlib.import_module(f"adapters.{name}") for name in names]
    (text,) = [each.__doc__ or "" for each in modules if upstream in vars(each).values()]
    paragraphs = text.split("\n\n")
    title = f"{upstream.name.replace('_', ' ')}: "
    (start,) = [index for index, each in enumerate(paragraphs) if each.lower().startswith(title)]
    return "\n\n".join(paragraphs[start : start + 2]).rstrip() + "\n"


def all_errors() -> set[type[errors.PatchbayError]]:
    """Every error of the whole package."""
    for module in pkgutil.walk_packages(patchbay.__path__, "patchbay."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[errors.PatchbayError]] = set()
    waiting = [errors.PatchbayError]
    while waiting:
        found.add(error := waiting.pop())
        waiting += error.__subclasses__()
    return {error for error in found if error.__module__.startswith("patchbay.")}


def test_the_settings_table_is_the_settings() -> None:
    documented = {
        row[0].strip("`"): (row[1], row[2].strip("`")) for row in rows("docs/settings.md", "variable")
    }
    fields = Settings.model_fields.values()
    assert documented == {
        str(field.alias): (field.description, default_text(field.default)) for field in fields
    }


def test_the_error_table_is_the_errors() -> None:
    documented = {row[0].strip("`") for row in rows("docs/errors.md", "code")}
    unseen = {"UPSTREAM_ERROR", "EVENT_FAILED", "SIGNATURE_ERROR", "STEP_FAILED"}
    raised = {error.code for error in all_errors()} - unseen
    of_requests = {
        "BAD_REQUEST", "FORBIDDEN", "NOT_FOUND", "METHOD_NOT_ALLOWED", "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "SERVER_BUSY",
        "REQUEST_TIMEOUT", "URI_TOO_LONG", "HEADERS_TOO_LARGE",
    }  # fmt: skip
    assert documented == raised | of_requests


def test_the_drawn_tree_is_the_errors() -> None:
    drawn = re.findall(r"^    (?:│? *[├└]── )?(\w+) +([A-Z_]+): ", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted((error.__name__, error.code) for error in all_errors())


def test_the_upstreams_table_is_the_adapters() -> None:
    documented = {row[0].strip("`"): row[1:] for row in rows("docs/upstreams.md", "name")}
    assert list(documented) == sorted(documented, key=[upstream.name for upstream in UPSTREAMS].index)
    for upstream in UPSTREAMS:
        kind, what, owner, authentication, variables = documented[upstream.name]
        text = docstring_of(upstream)
        assert kind == upstream.kind
        assert text.splitlines()[0].partition(": ")[2] == f"{what}."
        assert f"\nOwner: {owner}.\n" in text
        assert f"\nAuth: {authentication}.\n" in text
        assert variables == ", ".join(f"`{variable.name}`" for variable in upstream.variables())


@pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: upstream.name)
def test_every_adapter_says_what_whose_and_how(upstream: Upstream) -> None:
    text = docstring_of(upstream)
    for member in ("Kind", "Owner", "Docs", "Auth", "Quota", "Errors"):
        assert re.search(rf"^{member}: \S", text, re.MULTILINE), member


def test_the_edges_table_is_the_links() -> None:
    documented = {row[0].strip("`"): row[1:] for row in rows("docs/upstreams.md", "edge")}
    # An edge learns its name from the type that it stands in.
    importlib.import_module("schema")
    declared = {name: link for name, link in vars(links).items() if isinstance(link, LinkField)}
    assert set(documented) == set(declared)
    for name, link in declared.items():
        edge, read, size = documented[name]
        assert edge == link.edge
        assert read == f"{link.by_ids.source} `{link.by_ids.name}`"
        if isinstance(link.by_ids, Batch):
            assert size == str(link.by_ids.max_size)
        elif isinstance(link.by_ids, FanOut):
            assert size == f"1, {link.by_ids.concurrency} at a time"
        else:
            assert size == "all"


def test_the_writes_table_is_the_writes_with_a_key() -> None:
    documented = {row[0].strip("`"): row[1].strip("`") for row in rows("docs/upstreams.md", "write")}
    declared = {
        f"{module.name}.{name}": write.name
        for module in pkgutil.iter_modules(adapters.__path__)
        for name, write in vars(importlib.import_module(f"adapters.{module.name}")).items()
        if getattr(write, "idempotent", False)
    }
    assert documented == declared


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: object) -> None:
    path = ROOT / str(document)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\((\d{4}-[^)]+)\)", (ROOT / "docs/adr/README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md")}


def test_commands_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_the_shortest_forms_have_as_many_lines_as_is_said() -> None:
    text = (ROOT / "docs" / "adding-an-upstream.md").read_text()
    said = re.findall(
        r"^\*\*[^*]*?, (\d+) lines\*\*[^\n]*\n\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    assert len(said) == 7
    for number, block in said:
        lines = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
        assert len(lines) == int(number), block
