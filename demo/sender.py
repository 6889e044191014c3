"""Sender: posts signed webhooks about orders, payments and shipments to `--target`, without an end.

It waits until the target lives, sends all events of C1007's orders, then those of the 300 newest orders, then
two events a second about what is still open. Meanwhile an order is placed every `--order-seconds`, from the
shop's oldest on; none with 0. Event ids repeat from run to run. Its own port takes

``POST /__send``  ``{"kind": "order" | "shipment" | "payment", "order_id": "O..."}``: sends at once that the
                  order was placed, the same each time, or the object's next version, and answers with what
                  was posted and the status (null without an answer)
``GET /__told``   ``{"showcase": true}`` once the target has received all events of C1007's orders
``GET /__calls``  posts by kind and status; ``DELETE /__calls`` starts anew
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from itertools import cycle, islice
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo import answers, data, events, service
from demo.courier import SECRETS, Courier, received
from demo.dice import dice
from demo.events import Event, Kind, Story

BACKLOG_ORDERS: Final = 300
PARALLEL_POSTS: Final = 6
PACE_SECONDS: Final = 0.5
ORDER_SECONDS: Final = 5.0
KINDS: Final[tuple[Story, Story]] = ("payment", "shipment")


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /__send."""

    kind: Kind
    order_id: str


class Sender:
    """The events in their order, and the version each object has reached.

    `order_seconds` lie between orders; with 0, none are placed by themselves. `showcase_told` turns true when
    all events of the showcase customer's orders are delivered.
    """

    def __init__(self, courier: Courier, order_seconds: float) -> None:
        self._courier = courier
        self._order_seconds = order_seconds
        self._reached: dict[tuple[Story, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.showcase_told = False

    def next(self, kind: Kind, order_id: str) -> Event:
        """The next event of that object; ValueError without such an object, KeyError for an unknown order."""
        if kind == "order":
            return events.order_placed(order_id)
        key = kind, order_id
        version = self._reached.get(key, events.versions(kind, order_id)) + 1
        event = events.event(kind, order_id, version)
        self._reached[key] = version
        return event

    async def send(self, kind: Kind, order_id: str) -> tuple[Event, int | None]:
        """Posts the next event of that object once; goes on in the background when it was not received."""
        event = self.next(kind, order_id)
        status = await self._courier.post(event)
        if not received(status):
            self._begin(self._courier.retry(event))
        return event, status

    async def run(self) -> None:
        """The backlog, then the progress, until cancelled."""
        await self._courier.wait_for_target()
        showcase = [each.id for each in data.orders_by_customer()[data.SHOWCASE_CUSTOMER]]
        newest = [each for each in islice(data.orders(), BACKLOG_ORDERS) if each not in showcase]
        await self._backlog(showcase)
        self.showcase_told = True
        await self._backlog(newest)
        await asyncio.gather(self._progress([*showcase, *newest]), self._orders())

    async def _backlog(self, order_ids: Iterable[str]) -> None:
        """All events of each order, in turn inside an order, several orders at once."""
        waiting = iter(order_ids)

        async def work() -> None:
            for order_id in waiting:
                for kind in KINDS:
                    for version in range(1, events.versions(kind, order_id) + 1):
                        await self._courier.deliver(events.event(kind, order_id, version))

        await asyncio.gather(*(work() for _ in range(PARALLEL_POSTS)))

    async def _progress(self, order_ids: Sequence[str]) -> None:
        """Two events a second; a slow target slows the sender instead of filling its memory."""
        open_objects = [(kind, each) for kind in KINDS for each in order_ids if events.in_motion(kind, each)]
        throw = dice("progress")
        while True:
            if len(self._tasks) < PARALLEL_POSTS:
                self._begin(self._courier.deliver(self.next(*throw.choice(open_objects))))
            await asyncio.sleep(PACE_SECONDS)

    async def _orders(self) -> None:
        """One order after the other, from the oldest on, and then again."""
        if self._order_seconds <= 0:
            return
        for order_id in cycle(reversed(data.orders())):
            await self._courier.deliver(events.order_placed(order_id))
            await asyncio.sleep(self._order_seconds)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drops what is still to be delivered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._courier.close()


def build(target: str, order_seconds: float) -> Starlette:
    """The app of the sender's own port; reads the secrets of all kinds."""
    secrets = {kind: answers.required(name) for kind, name in SECRETS.items()}

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.courier = Courier(target, secrets)
        app.state.sender = Sender(app.state.courier, order_seconds)
        running = asyncio.create_task(app.state.sender.run())
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await app.state.sender.close()

    return Starlette(
        routes=[
            Route("/__send", send, methods=["POST"]),
            Route("/__told", told, methods=["GET"]),
            Route("/__calls", calls, methods=["GET"]),
            Route("/__calls", forget, methods=["DELETE"]),
        ],
        lifespan=lifespan,
    )


async def send(request: Request) -> Response:
    """POST /__send: 404 for an order that is unknown or has no such object, 422 for another body."""
    try:
        ask = msgspec.json.decode(await request.body(), type=Ask)
    except msgspec.MsgspecError as error:
        return answers.json({"error": str(error)}, 422)
    try:
        event, status = await request.app.state.sender.send(ask.kind, ask.order_id)
    except (KeyError, ValueError):
        return answers.json({"error": f"{ask.order_id} has no {ask.kind}."}, 404)
    posted: dict[str, Any] = {"id": event.id, "kind": event.kind, "order_id": event.order_id}
    return answers.json(
        {**posted, "version": event.version, "status": status, "body": msgspec.Raw(event.body)},
    )


async def told(request: Request) -> Response:
    """GET /__told: how far the story is."""
    return answers.json({"showcase": request.app.state.sender.showcase_told})


async def calls(request: Request) -> Response:
    """GET /__calls: posts by kind and status."""
    return answers.json(dict(request.app.state.courier.counts))


async def forget(request: Request) -> Response:
    """DELETE /__calls: starts the counts anew."""
    request.app.state.courier.counts.clear()
    return Response(status_code=204)


if __name__ == "__main__":
    options = service.parser("sender")
    options.add_argument("--target", required=True, help="base URL that receives the webhooks")
    options.add_argument(
        "--order-seconds",
        type=float,
        default=ORDER_SECONDS,
        metavar="SECONDS",
        help=f"between orders that are placed ({ORDER_SECONDS:g}); 0 for none",
    )
    chosen = options.parse_args()
    service.serve("sender", build(chosen.target, chosen.order_seconds), chosen.port)
