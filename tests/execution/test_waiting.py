"""What a run waits for: results are handed over once each, in whatever turn of the loop they come."""

from __future__ import annotations

import asyncio
from typing import Any

from patchbay.execution.waiting import Wait


def waiting(futures: list[asyncio.Future[Any]], *, eager: bool) -> tuple[Wait, list[Any]]:
    handed: list[Any] = []

    def then(places: Any, results: list[Any]) -> None:
        handed.extend(zip(places, map(str, results), strict=True))

    wait = Wait((), futures, then, eager=eager)
    wait.start(lambda: None)
    return wait, handed


def ready(wait: Wait) -> bool:
    return wait.is_ready


def new_futures(count: int) -> list[asyncio.Future[Any]]:
    loop = asyncio.get_running_loop()
    return [loop.create_future() for _ in range(count)]


async def test_what_comes_between_trouble_and_handing_over_is_not_counted_twice() -> None:
    futures = new_futures(3)
    wait, handed = waiting(futures, eager=True)
    futures[0].set_exception(ValueError("broken"))
    await asyncio.sleep(0)
    assert ready(wait)
    # Done, but the loop has not told so yet.
    futures[1].set_result("one")
    assert wait.hand_over()
    await asyncio.sleep(0)
    assert not ready(wait)
    futures[2].set_result("two")
    await asyncio.sleep(0)
    assert ready(wait)
    assert not wait.hand_over()
    assert handed == [(0, "broken"), (1, "one"), (2, "two")]


async def test_without_haste_all_come_together() -> None:
    futures = new_futures(2)
    wait, handed = waiting(futures, eager=False)
    futures[1].set_exception(ValueError("broken"))
    await asyncio.sleep(0)
    assert not ready(wait)
    futures[0].set_result(None)
    await asyncio.sleep(0)
    assert ready(wait)
    assert not wait.hand_over()
    assert handed == [(0, "None"), (1, "broken")]


async def test_the_same_future_may_be_waited_for_twice() -> None:
    (shared,) = new_futures(1)
    wait, handed = waiting([shared, shared], eager=True)
    shared.set_result("both")
    await asyncio.sleep(0)
    assert ready(wait)
    assert not wait.hand_over()
    assert handed == [(0, "both"), (1, "both")]


async def test_what_a_resolver_did_not_make_is_not_cancelled() -> None:
    (somebody_elses,) = new_futures(1)

    async def own() -> None:
        await asyncio.Event().wait()

    coroutine: Any = own()
    wait, _ = waiting([somebody_elses, coroutine], eager=False)
    await asyncio.sleep(0)
    await wait.cancel()
    assert not somebody_elses.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}
