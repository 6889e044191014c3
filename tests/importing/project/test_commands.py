"""`patchbay serve`, `import`, `check`, `eject` and `new`, as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.importing.project.shop import Shop, document, served_shop
from tests.serving import ROOT, GraphServer

# Each start of a process costs a second or more, so that one makes all of these calls.
ASKING = """
import contextlib, io, json, os, sys
from patchbay.cli import main
for folder, arguments in json.load(sys.stdin):
    os.chdir(folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments, {})
        except SystemExit as ended:
            code = ended.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""

TOML = """
hide = ["shop.Order.labels"]
links = ["shop.Order.customer -> shop.listCustomers(ids: customerId) match id"]
[upstreams.shop]
openapi = "shop.openapi.json"
"""

SHOP = ["--rest", "shop=shop.openapi.json"]

CASES: dict[str, tuple[str, list[str], int, str]] = {
    "nothing here": (
        "empty",
        ["serve"],
        2,
        "there is nothing to serve here: no main.py and no patchbay.toml",
    ),
    "no location": ("plain", ["serve", "--rest", "shop"], 2, "needs a name and a location"),
    "a WSDL for --rest": ("plain", ["serve", "--rest", "erp=erp.wsdl"], 2, "this is a WSDL: say --soap"),
    "OpenAPI for --soap": ("plain", ["serve", "--soap", "shop=shop.json"], 2, "say --rest"),
    "a name twice": ("plain", ["serve", *SHOP, *SHOP], 2, "two upstreams are called 'shop'"),
    "a name that the project has": ("project", ["serve", *SHOP], 2, "has an upstream 'shop' already"),
    "a file that is not there": ("plain", ["serve", "--rest", "shop=nothing.yaml"], 2, "nothing.yaml"),
    "an app and imports": ("plain", ["serve", "--app", "a:b", *SHOP], 2, "cannot add to it"),
    "an include of nothing": ("plain", ["serve", "--include", "x"], 2, "there is nothing to serve here"),
    "an include of another": ("plain", ["import", *SHOP, "--include", "crm:x"], 2, "there are shop"),
    "strict": ("weak", ["serve", *SHOP, "--strict"], 2, "strict: not all of the descriptions can be mapped"),
    "a line that no longer holds": ("broken", ["serve"], 2, "shop.Order has no field 'nothing'"),
    "import": ("plain", ["import", *SHOP], 0, ""),
    "import of some": ("plain", ["import", *SHOP, "--include", "tag:orders", "--exclude", "create*"], 0, ""),
    "import for machines": ("plain", ["import", *SHOP, "--json"], 0, ""),
    "import of nothing": ("empty", ["import"], 2, "say what to import"),
    "strict import": ("weak", ["import", *SHOP, "--strict"], 1, ""),
    "a first check": ("fresh", ["check"], 0, ""),
    "a check of what is the same": ("project", ["check"], 0, ""),
    "a check of what breaks": ("drifted", ["check"], 1, ""),
    "a check for machines": ("drifted", ["check", "--json"], 1, ""),
    "a check against another": ("plain2", ["check", "shop", "--against", "other.json"], 1, ""),
    "a check of nothing": ("empty", ["check"], 2, "nothing to check"),
    "a check of another": ("project", ["check", "crm"], 2, "has no upstream 'crm'"),
    "new": ("empty", ["new", "made", "--rest", "shop=../plain/shop.openapi.json"], 0, ""),
    "new, where something is": ("plain", ["new", "."], 2, "nothing was written"),
    "eject": ("project", ["eject", "shop"], 0, ""),
    "eject again": ("project", ["eject", "shop"], 2, "--force writes over it"),
    "help": ("empty", ["serve", "--help"], 0, ""),
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with served_shop() as served:
        yield served


@pytest.fixture(scope="module")
def folders(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("folders")
    for name in {each[0] for each in CASES.values()}:
        folder = root / name
        folder.mkdir()
        if name == "empty":
            continue
        shop.write(folder)
        if name not in ("plain", "weak"):
            (folder / "patchbay.toml").write_text(
                TOML if name != "broken" else TOML.replace("labels", "nothing")
            )
    odd = document(shop.url)
    del odd["paths"]["/customers"]["get"]["responses"]["200"]["content"]["application/json"]["schema"][
        "items"
    ]
    odd["paths"]["/orders/{id}"]["get"]["parameters"] = [{"$ref": "#/components/parameters/nowhere"}]
    (root / "weak" / "shop.openapi.json").write_text(json.dumps(odd))
    (root / "plain2" / "other.json").write_text(json.dumps(changed(shop)))
    return root


def changed(shop: Shop) -> dict[str, Any]:
    """The shop's description, as it is later."""
    later = document(shop.url)
    del later["components"]["schemas"]["Customer"]["properties"]["name"]
    later["components"]["schemas"]["Customer"]["required"] = ["id"]
    later["components"]["schemas"]["Order"]["properties"]["weight"] = {"type": "number"}
    later["paths"]["/v2/orders"] = later["paths"].pop("/orders")
    later["components"]["schemas"]["Order"]["properties"].pop("labels")
    return later


@pytest.fixture(scope="module")
def answers(folders: Path, shop: Shop) -> dict[str, Any]:
    """(exit code, standard output, standard error) of each case."""
    # What was used before is what an import has kept.
    before = [(folder, ["import"]) for folder in ("project", "drifted", "plain2")]
    first = asked([(str(folders / folder), arguments) for folder, arguments in before], folders / "lib")
    assert [code for code, _, _ in first] == [0, 0, 0], first
    (folders / "drifted" / "shop.openapi.json").write_text(json.dumps(changed(shop)))
    found = asked(
        [(str(folders / folder), arguments) for folder, arguments, _, _ in CASES.values()], folders / "lib"
    )
    return dict(zip(CASES, found, strict=True))


def asked(calls: list[tuple[str, list[str]]], lib: Path) -> list[Any]:
    """What each call ends with. Python finds patchbay in `lib`, and nothing of what lies beside it here."""
    if not lib.exists():
        lib.mkdir()
        (lib / "patchbay").symlink_to(ROOT / "patchbay")
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        input=json.dumps(calls),
        env={**clean, "PYTHONPATH": str(lib)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", CASES)
def test_it_ends_as_it_should_and_says_why(answers: dict[str, Any], name: str) -> None:
    _, _, expected, told = CASES[name]
    code, out, err = answers[name]
    assert code == expected, out + err
    assert told in err
    assert "Traceback" not in err


def test_an_import_is_reported(answers: dict[str, Any], shop: Shop) -> None:
    _, out, _ = answers["import"]
    lines = out.splitlines()
    assert lines[0] == "shop: Little shop 1.2 (rest, shop.openapi.json)"
    assert "  operations   5 of 5: 3 queries, 2 mutations" in lines
    assert f"  address      {shop.url}" in lines
    assert any(line.startswith("  pages        listOrders has pages by offset") for line in lines)
    assert any(line.startswith("  batch        listCustomers takes up to 50 ids") for line in lines)


def test_operations_are_chosen_by_tag_and_name(answers: dict[str, Any]) -> None:
    _, out, _ = answers["import of some"]
    assert "  operations   2 of 5: 2 queries, 0 mutations; 3 excluded" in out.splitlines()


def test_a_report_for_machines_says_the_same(answers: dict[str, Any]) -> None:
    report = json.loads(answers["import for machines"][1])
    assert report["complete"] is True
    (upstream,) = report["upstreams"]
    assert (upstream["name"], upstream["queries"], upstream["mutations"]) == ("shop", 3, 2)


def test_what_is_lost_is_told_with_its_place(answers: dict[str, Any]) -> None:
    _, out, _ = answers["strict import"]
    assert "shop.openapi.json /paths/~1orders~1{id}/get" in out


def test_a_check_tells_what_breaks_whom(answers: dict[str, Any]) -> None:
    _, out, _ = answers["a check of what breaks"]
    lines = out.splitlines()
    assert "  breaks clients   Customer.name is gone" in lines
    assert "  breaks calls     Query.listOrders was GET /orders, and is GET /v2/orders" in lines
    assert "  new              Order.weight is new" in lines
    assert any("hide shop.Order.labels: shop.Order has no field 'labels'" in line for line in lines)
    report = json.loads(answers["a check for machines"][1])
    assert report[0]["breaks"] is True
    assert {"breaks": "clients", "at": "Customer.name", "what": "is gone"} in report[0]["changes"]


def test_a_check_says_where_nothing_has_changed_or_was_used(answers: dict[str, Any]) -> None:
    assert answers["a check of what is the same"][1] == "shop: nothing has changed\n"
    assert "nothing to compare with" in answers["a first check"][1]


def test_a_check_against_another_description_compares_with_that(answers: dict[str, Any]) -> None:
    assert (
        "breaks calls     Query.listOrders was GET /v2/orders, and is GET /orders"
        in (answers["a check against another"][1])
    )


def test_ejecting_says_what_is_left_to_do(answers: dict[str, Any], folders: Path) -> None:
    _, out, _ = answers["eject"]
    assert "wrote adapters/shop.py" in out
    assert "adapters/__init__.py: from adapters import shop; add shop.shop to UPSTREAMS" in out
    assert 'link(shop.list_customers_by_ids, key="customer_id")' in out
    assert "labels" not in (folders / "project" / "schema" / "shop.py").read_text()


def test_help_names_all_options(answers: dict[str, Any]) -> None:
    for option in ("--rest", "--soap", "--include", "--exclude", "--strict", "--refresh", "--cache", "--app"):
        assert option in answers["help"][1]


def test_a_new_project_passes_its_test(answers: dict[str, Any], folders: Path) -> None:
    folder = folders / "empty" / "made"
    assert 'openapi = "../../plain/shop.openapi.json"' in (folder / "patchbay.toml").read_text()
    done = subprocess.run(
        ["make", "test"], cwd=folder, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_new_project_is_as_the_tools_want_it(answers: dict[str, Any], folders: Path) -> None:
    folder = folders / "empty" / "made"
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), "."],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_descriptions_are_served_with_one_command(shop: Shop, tmp_path: Path) -> None:
    shop.write(tmp_path)
    command = [
        "-m",
        "patchbay",
        "serve",
        *SHOP,
        "--exclude",
        "tag:internal",
        "--cache",
        str(tmp_path / "cache"),
    ]
    command[4] = f"shop={tmp_path / 'shop.openapi.json'}"
    with GraphServer({"SHOP_URL": shop.url}, tmp_path / "inbox.sqlite3", command) as server:
        assert server.execute("{ listOrders(first: 1) { nodes { id } } }").data["listOrders"]["nodes"]
        page = server.request("GET", "/graphql", headers={"Accept": "text/html"}).text
        assert "query Shop" in page
        assert server.stop() == 0
