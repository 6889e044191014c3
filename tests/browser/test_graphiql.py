"""GraphiQL in a real Chromium that can reach no host but this one."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

FOLDER = Path(__file__).parent
EXPECTED_TEXT = '"data"'
SECONDS = 50


def missing_part() -> str | None:
    """What this machine lacks for the test, or None."""
    if not any(shutil.which("chromium", path=path) for path in ("/usr/bin", None)):
        return "no chromium on this machine (apt-get install chromium)"
    if shutil.which("node") is None:
        return "no node on this machine"
    if not (FOLDER / "node_modules" / "playwright-core").is_dir():
        return "no node_modules (npm ci --ignore-scripts in tests/browser)"
    return None


@pytest.fixture(scope="module")
def screenshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphiql") / "graphiql.png"


@pytest.fixture(scope="module")
def report(graphiql_server_url: str, screenshot: Path) -> dict[str, Any]:
    """What a visit to the page saw, see graphiql.mjs."""
    missing = missing_part()
    if missing:
        pytest.skip(missing)
    command = ["node", "graphiql.mjs", graphiql_server_url, str(screenshot), EXPECTED_TEXT]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_every_step_of_the_visit_succeeds(report: dict[str, Any]) -> None:
    assert report["failure"] is None


def test_nothing_leaves_the_origin(report: dict[str, Any], graphiql_server_url: str) -> None:
    host = urlsplit(graphiql_server_url).netloc
    asked = {urlsplit(url).netloc for url in report["requests"] if not url.startswith("data:")}
    assert asked == {host}
    assert {urlsplit(url).netloc for url in report["sockets"]} == {host}


def test_the_console_stays_clean(report: dict[str, Any]) -> None:
    assert report["pageErrors"] == []
    assert report["consoleMessages"] == []
    assert report["badAnswers"] == []


def test_the_first_example_is_active_and_shows_data_without_errors(report: dict[str, Any]) -> None:
    assert report["activeTab"] == report["tabs"][0]
    result = json.loads(report["result"])
    assert "errors" not in result
    assert all(value is not None for value in result["data"].values())


def test_each_example_has_a_tab_and_a_line_in_the_examples_pane(report: dict[str, Any]) -> None:
    assert len(report["tabs"]) == len(report["examples"]) >= 2


def test_docs_and_explorer_show_the_schema(report: dict[str, Any]) -> None:
    assert "query: Query" in report["docs"]
    for field in json.loads(report["result"])["data"]:
        assert field in report["explorer"]


def test_a_subscription_delivers_an_event_over_the_socket(report: dict[str, Any]) -> None:
    event = json.loads(report["event"])
    assert "errors" not in event
    assert event["data"]
    assert [urlsplit(url).scheme for url in report["sockets"]] == ["ws"]


def test_the_screenshot_is_a_picture(report: dict[str, Any], screenshot: Path) -> None:
    assert report["failure"] is None
    assert screenshot.read_bytes().startswith(b"\x89PNG")
