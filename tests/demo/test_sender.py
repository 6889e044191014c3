"""What the sender posts, judged by the vendors' own libraries."""

import json
import time
from collections.abc import Iterator
from itertools import islice

import pytest
import stripe
from standardwebhooks import Webhook, WebhookVerificationError

from demo import data, events
from demo.courier import PATHS
from demo.launch import Demo
from demo.process import Upstream
from demo.sender import BACKLOG_ORDERS, KINDS
from tests.demo.target import Post, Target, identity, serving, wait_until

ORDERS = PATHS["order"]
ORDER_SECONDS = 0.4


@pytest.fixture(scope="module")
def target(running_demo: Demo) -> Iterator[Target]:
    """A target that had all of the backlog from a sender, and goes on to receive the progress."""
    with serving(live=True) as server:
        running_demo.start_sender(server.url, order_seconds=ORDER_SECONDS)
        wait_until(lambda: len(server.posts) >= len(showcase_ids()) + backlog_length())
        yield server
        running_demo.stop_senders()


@pytest.fixture(scope="module")
def second_sender(running_demo: Demo) -> Iterator[tuple[Target, Upstream]]:
    with serving(live=False) as server:
        sender = running_demo.start_sender(server.url)
        yield server, sender
        sender.stop()


@pytest.fixture
def waiting(second_sender: tuple[Target, Upstream]) -> tuple[Target, Upstream]:
    """A target that does not live, and a sender that waits for it: it sends on demand alone."""
    target, sender = second_sender
    target.posts.clear()
    sender.reset()
    return target, sender


def backlog_length() -> int:
    return sum(
        events.versions(kind, order.id)
        for order in islice(data.orders().values(), BACKLOG_ORDERS)
        if order.customer_id != data.SHOWCASE_CUSTOMER
        for kind in KINDS
    )


def showcase_ids() -> set[str]:
    return {
        events.event(kind, order.id, version).id
        for order in data.orders_by_customer()["C1007"]
        for kind in KINDS
        for version in range(1, events.versions(kind, order.id) + 1)
    }


def test_the_showcase_comes_first_then_the_backlog_then_two_a_second(target: Target) -> None:
    expected = showcase_ids()
    assert {identity(each) for each in target.posts[: len(expected)]} == expected
    backlog = target.posts[len(expected) : len(expected) + backlog_length()]
    newest = {each[1:] for each in list(data.orders())[:BACKLOG_ORDERS]}
    shipments = [json.loads(each.body)["data"] for each in backlog if each.path.endswith("shipments")]
    assert {each["order_id"][1:] for each in shipments} <= newest
    begun, first = time.monotonic(), len(target.posts)
    wait_until(lambda: len(told(target, first)) >= 2)
    assert 0.4 < time.monotonic() - begun < 3
    assert not [each for each in target.posts[: len(expected) + len(backlog)] if each.path == ORDERS]


def told(target: Target, first: int) -> list[Post]:
    """The posts about payments and shipments from this one on."""
    return [each for each in target.posts[first:] if each.path != ORDERS]


def test_orders_are_placed_in_turn_from_the_oldest_on(demo: Demo, target: Target) -> None:
    def orders() -> list[Post]:
        return [each for each in list(target.posts) if each.path == ORDERS]

    first, begun = len(orders()), time.monotonic()
    wait_until(lambda: len(orders()) >= first + 3)
    assert 2 * ORDER_SECONDS < time.monotonic() - begun < 10 * ORDER_SECONDS
    posts = orders()
    oldest = list(data.orders())[::-1][: len(posts)]
    assert [each.headers["webhook-id"] for each in posts] == [f"msg_{each}_placed" for each in oldest]
    standard = Webhook(demo.environment["SHOP_WEBHOOK_SECRET"])
    for post, order in zip(posts, map(data.orders().__getitem__, oldest), strict=True):
        event = standard.verify(post.body, post.headers)
        assert event["type"] == "order.placed"
        assert {name: event["data"][name] for name in ("id", "customer_id")} == {
            "id": order.id,
            "customer_id": order.customer_id,
        }
        skus = [data.products()[item.product_id].sku for item in order.items]
        assert [item["sku"] for item in event["data"]["items"]] == skus
        assert event["data"]["total"] == {"cents": order.total.cents, "currency": "EUR"}
    other = Webhook(demo.environment["SHIPMENTS_WEBHOOK_SECRET"])
    with pytest.raises(WebhookVerificationError):
        other.verify(posts[0].body, posts[0].headers)


def test_an_order_on_demand_is_the_same_event_each_time(waiting: tuple[Target, Upstream]) -> None:
    target, sender = waiting
    order_id = data.orders_by_customer()["C1007"][2].id
    first, again = (sender.send("order", order_id) for _ in range(2))
    assert first == again
    assert (first["id"], first["version"], first["status"]) == (f"msg_{order_id}_placed", 1, 200)
    assert len({post.body for post in target.posts_of(first["id"])}) == 1
    assert len(target.posts_of(first["id"])) == 2
    assert sender.calls() == {"order 200": 2}
    with pytest.raises(ValueError, match="404"):
        sender.send("order", "O1")


def test_without_a_pace_no_order_is_placed(demo: Demo, target: Target) -> None:
    with serving(live=True) as other:
        sender = demo.start_sender(other.url, order_seconds=0)
        wait_until(lambda: len(told(other, 0)) > len(showcase_ids()) + backlog_length(), 30)
        sender.stop()
    assert len(told(other, 0)) == len(other.posts)


def test_an_object_is_told_in_the_order_of_its_versions(target: Target) -> None:
    reached: dict[str, int] = {}
    for post in target.posts[len(showcase_ids()) :][: backlog_length()]:
        if post.path == "/webhooks/shipments":
            shipment = json.loads(post.body)["data"]
            assert shipment["version"] == reached.get(shipment["id"], 0) + 1
            assert len(shipment["events"]) == shipment["version"]
            reached[shipment["id"]] = shipment["version"]
    assert len(reached) > 100


def test_the_vendors_libraries_accept_the_signatures(demo: Demo, target: Target) -> None:
    standard = Webhook(demo.environment["SHIPMENTS_WEBHOOK_SECRET"])
    secret = demo.environment["PAYMENTS_WEBHOOK_SECRET"]
    paths = set()
    for post in target.posts[:60]:
        paths.add(post.path)
        if post.path == "/webhooks/payments":
            signature = post.headers["stripe-signature"]
            event = stripe.Webhook.construct_event(post.body, signature, secret)
            intent = event.data.object
            assert event.type.startswith("payment_intent.")
            assert intent["metadata"]["order_id"].startswith("O")
            assert intent["amount_received"] in {0, intent["amount"]}
            with pytest.raises(stripe.SignatureVerificationError):
                stripe.Webhook.construct_event(post.body + b" ", signature, secret)
        else:
            shipment = standard.verify(post.body, post.headers)["data"]
            assert post.headers["webhook-id"] == f"msg_{shipment['id']}_{shipment['version']}"
            assert shipment["place"]["name"] == shipment["events"][-1]["place"]
            with pytest.raises(WebhookVerificationError):
                standard.verify(post.body + b" ", post.headers)
    assert paths == {"/webhooks/payments", "/webhooks/shipments"}


def test_a_restart_waits_for_the_target_and_sends_duplicates_not_news(demo: Demo, target: Target) -> None:
    count = len(showcase_ids())
    with serving(live=False) as other:
        sender = demo.start_sender(other.url)
        time.sleep(0.3)
        assert other.posts == []
        assert not sender.told()
        other.live = True
        wait_until(sender.told)
        assert len(other.posts) >= count
        sender.stop()
    first, second = ({identity(post): post.body for post in each.posts[:count]} for each in (target, other))
    assert first == second


def test_an_event_on_demand_is_the_next_version(waiting: tuple[Target, Upstream]) -> None:
    target, sender = waiting
    order_id = data.orders_by_customer()["C1007"][3].id
    last = events.versions("shipment", order_id)
    first, second = (sender.send("shipment", order_id) for _ in range(2))
    assert [first["version"], second["version"]] == [last + 1, last + 2]
    assert (first["status"], first["id"]) == (200, f"msg_S{order_id[1:]}_{last + 1}")
    assert json.loads(target.posts_of(first["id"])[0].body) == first["body"]
    assert sender.send("payment", order_id)["body"]["type"] == "payment_intent.succeeded"
    unpaid = next(each for each in data.orders() if data.fate(each) == "unpaid")
    for kind, missing, status in (("payment", unpaid, 404), ("shipment", "O1", 404), ("parcel", unpaid, 422)):
        with pytest.raises(ValueError, match=str(status)):
            sender.send(kind, missing)


def test_a_refused_event_is_sent_again_newly_signed(waiting: tuple[Target, Upstream]) -> None:
    target, sender = waiting
    target.answers = [503, 503, 503]
    sent = sender.send("payment", data.orders_by_customer()["C1007"][0].id)
    assert sent["status"] == 503
    wait_until(lambda: len(target.posts_of(sent["id"])) == 4)
    first, *_, last = target.posts_of(sent["id"])
    assert first.body == last.body
    assert first.headers["stripe-signature"] != last.headers["stripe-signature"]
    wait_until(lambda: sender.calls() == {"payment 503": 3, "payment 200": 1})


def test_a_conflict_counts_as_received(waiting: tuple[Target, Upstream]) -> None:
    target, sender = waiting
    target.answers = [409]
    sender.send("payment", data.orders_by_customer()["C1007"][0].id)
    time.sleep(0.5)
    assert sender.calls() == {"payment 409": 1}
    assert len(target.posts) == 1
