"""A pytest plugin that puts another executor where graphql-core has its own, and notes what that reached.

It is loaded by name (`-p swap`) into a run of graphql-core's own tests. Their package is called `tests` too,
so this imports nothing of ours. Three environment variables speak to it:

    SWAP_EXECUTOR   "module:Class", a subclass of graphql-core's Executor
    SWAP_OUTCOMES   "module:NAME", a Counter of what became of operations; missing where nobody counts
    SWAP_REPORT     the file that gets the report, as JSON

What is swapped: the class that `execute`, `execute_sync`, `experimental_execute_incrementally`, `subscribe`
and `GraphQLHarness` build when the caller names none, and the plain `Executor` that a test has built itself
and hands to `create_source_event_stream`, `map_source_to_response_event` or `execute_root_selection_set`. A
class that a test names itself stays: that test is about that class.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import graphql
import pytest
from graphql.execution import Executor

# The package's attribute of this name is the function, so the module is found here only.
_MODULE: Any = sys.modules["graphql.execution.execute"]
_TAKE_AN_EXECUTOR = (
    "create_source_event_stream",
    "map_source_to_response_event",
    "execute_root_selection_set",
)
_STATE = (
    *("schema", "fragment_definitions", "fragments", "root_value", "context_value", "operation", "hooks"),
    *("variable_values", "field_resolver", "type_resolver", "subscribe_field_resolver", "abort_signal"),
    *(
        "enable_early_execution",
        "middleware_manager",
        "is_awaitable",
        "is_async_iterable",
        "hide_suggestions",
    ),
)


def _named(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


class Seam:
    """Stands where graphql-core keeps a default executor class, and tells of each executor that is built."""

    def __init__(self, executor_class: type[Executor[Any]], on_build: Callable[[], None]) -> None:
        self._executor_class = executor_class
        self._on_build = on_build

    def build(self, *args: Any, **kwargs: Any) -> Any:
        """An executor, or a list of errors, as `Executor.build`."""
        self._on_build()
        return self._executor_class.build(*args, **kwargs)

    def instead_of(self, executor: Any) -> Any:
        """An executor with the same state, where this one is graphql-core's plain one; else this one."""
        if type(executor) is not Executor:
            return executor
        self._on_build()
        return self._executor_class(**{name: getattr(executor, name) for name in _STATE})


def _taking_ours(seam: Seam, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def with_ours(executor: Any, *args: Any, **kwargs: Any) -> Any:
        return original(seam.instead_of(executor), *args, **kwargs)

    return with_ours


class Swap:
    """The plugin: swaps before a test module is imported, counts while tests run, reports at the end."""

    def __init__(self) -> None:
        self._running = ""
        self._builds: Counter[str] = Counter()
        self._outcomes: dict[str, str] = {}

    def install(self, executor_class: type[Executor[Any]]) -> None:
        """Puts the class at every entry point."""
        seam = Seam(executor_class, self._note)
        _MODULE.IncrementalExecutor = seam
        _MODULE.ExecutorThrowingOnIncremental = seam
        for name in _TAKE_AN_EXECUTOR:
            ours = _taking_ours(seam, getattr(_MODULE, name))
            for module in (_MODULE, graphql.execution, graphql):
                setattr(module, name, ours)

    def _note(self) -> None:
        self._builds[self._running] += 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Names the test that runs."""
        self._running = item.nodeid
        try:
            return (yield)
        finally:
            self._running = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst outcome of a test's three phases; "passed" is that of its call."""
        if report.when == "call" or report.outcome != "passed":
            self._outcomes[report.nodeid] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Writes the report."""
        report = {
            "graphql_core": graphql.__version__,
            "tests": self._outcomes,
            "builds": {name: count for name, count in self._builds.items() if name in self._outcomes},
            "operations": _operations(),
        }
        Path(os.environ["SWAP_REPORT"]).write_text(json.dumps(report), encoding="utf-8")


def _operations() -> dict[str, int] | None:
    name = os.environ.get("SWAP_OUTCOMES")
    return dict(_named(name)) if name else None


def pytest_configure(config: pytest.Config) -> None:
    """Swaps, and joins the run."""
    swap = Swap()
    swap.install(_named(os.environ["SWAP_EXECUTOR"]))
    config.pluginmanager.register(swap, "patchbay-swap")
