"""Running a case with an executor."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any, Self

from graphql import ExecutionResult, execute, subscribe
from graphql.execution import Executor

from tests.execution.differential.cases import Case
from tests.execution.differential.oracle import ErrorKey, error_key

_RUN_SECONDS = 5


@dataclass
class Response:
    """One result. `data` is text: it tells apart what compares as equal, like 1 and True, and keys' order."""

    value: Any
    data: str
    errors: list[ErrorKey]


@dataclass
class Answer:
    """What one run of a case came to: a response, or one for each event, or what execution itself raised.

    log: calls of the root's resolvers and their returns, in order.
    """

    responses: list[Response] = field(default_factory=list)
    raised: str = ""
    log: list[str] = field(default_factory=list)

    def add(self, result: ExecutionResult) -> None:
        """One more response."""
        keys = [error_key(error) for error in result.errors or ()]
        self.responses.append(Response(result.data, repr(result.data), keys))

    def __str__(self) -> str:
        lines = [f"raised: {self.raised}"] if self.raised else []
        for response in self.responses:
            lines += [f"data: {response.data}", *(f"error: {error}" for error in response.errors)]
        return "\n".join([*lines, f"log: {self.log}"])


class Runs:
    """Runs cases in one event loop; use it as a context manager.

    Where a field has failed, nobody awaits what its neighbours have returned, and nobody asks a future that
    fails then for its error. Python complains about both. Cases are full of that, so complaints are off here.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._warnings = warnings.catch_warnings()
        self._hook: Any = None

    def __enter__(self) -> Self:
        self._warnings.__enter__()
        warnings.simplefilter("ignore", RuntimeWarning)
        self._hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
        self._runner.get_loop().set_exception_handler(lambda _loop, _context: None)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._runner.close()
        gc.collect()
        sys.unraisablehook = self._hook
        self._warnings.__exit__(None, None, None)

    def run(self, case: Case, executor_class: type[Executor[Any]], **more: Any) -> Answer:
        """The answer; `more` goes to the executor's constructor."""
        answer = Answer()
        try:
            if case.asynchronous:
                self._runner.run(_in_loop(case, executor_class, answer, more))
            else:
                result = _execute(case, executor_class, answer, more)
                if isinstance(result, ExecutionResult):
                    answer.add(result)
                else:
                    answer.raised = f"no result but {type(result)}, though nothing is asynchronous"
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- what is raised is part of the answer
            answer.raised = repr(error)
        return answer


def _execute(case: Case, executor_class: type[Executor[Any]], answer: Answer, more: dict[str, Any]) -> Any:
    context = {"log": answer.log}
    subscribes = case.kind == "subscription"
    call: Any = subscribe if subscribes else execute
    root = case.root if subscribes else case.root["root"].make()
    if case.is_awaitable and not subscribes:
        more = more | {"is_awaitable": case.is_awaitable}
    return call(
        case.schema,
        case.document,
        root,
        context,
        case.variables,
        middleware=case.middleware,
        executor_class=executor_class,
        **more,
    )


async def _in_loop(
    case: Case, executor_class: type[Executor[Any]], answer: Answer, more: dict[str, Any]
) -> None:
    try:
        async with asyncio.timeout(_RUN_SECONDS):
            result = _execute(case, executor_class, answer, more)
            if isinstance(result, Awaitable):
                result = await result
            if isinstance(result, AsyncIterator):
                async for each in result:
                    answer.add(each)
            else:
                answer.add(result)
    finally:
        await _settle()


async def _settle() -> None:
    """Ends what the run has left behind, so that it does not run into the next one."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
