from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.importing.model import Selection
from patchbay.importing.openapi.nouns import singular
from patchbay.importing.openapi.operation_names import Asked, operation_names
from tests.importing.openapi.operations.described import OK, compiled


def named(*operations: str) -> list[str]:
    """Names for lines as "GET /orders listOrders"."""
    parted = [line.split(" ", 2) for line in operations]
    methods: dict[str, set[str]] = {}
    for method, path, *_ in parted:
        methods.setdefault(path, set()).add(method.lower())
    asked = [
        Asked(rest[0] if rest else "", method.lower(), path, frozenset(methods[path]))
        for method, path, *rest in parted
    ]
    return operation_names(asked)


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("GET /orders", "orders"),
        ("GET /orders/{id}", "order"),
        ("POST /orders", "createOrder"),
        ("PUT /orders/{id}", "updateOrder"),
        ("PATCH /orders/{id}", "updateOrder"),
        ("DELETE /orders/{id}", "deleteOrder"),
        ("GET /orders/{id}/items", "orderItems"),
        ("POST /orders/{id}/items", "createOrderItem"),
        ("GET /orders/{orderId}/items/{itemId}", "orderItem"),
        ("POST /orders/{id}/cancel", "cancelOrder"),
        ("POST /orders/{id}/actions/archive", "archiveOrder"),
        ("POST /orders/{id}/refund", "refundOrder"),
        ("POST /orders/{id}/request-code", "requestOrderCode"),
        ("POST /orders/{id}/mark_paid", "markOrderPaid"),
        ("GET /orders/search", "searchOrders"),
        ("POST /login", "login"),
        ("GET /v1/line-items", "lineItems"),
        ("GET /api/v2.1/categories/{category_id}", "category"),
        ("GET /2010-04-01/Accounts/{Sid}.json", "account"),
        ("GET /media/shortcode/{shortcode}", "mediaByShortcode"),
        ("GET /alerts/groups", "alertGroups"),
        ("POST /customers/me", "updateCustomerMe"),
        ("GET /{username}", "username"),
        ("GET /", "root"),
        ("DELETE /customers/{id}/discount", "deleteCustomerDiscount"),
        ("HEAD /files/{id}", "checkFile"),
        ("POST /v1/projects/{project}/topics/{topic}:publish", "publishProjectTopic"),
    ],
)
def test_without_an_id_the_path_names_an_operation(operation: str, name: str) -> None:
    assert named(operation) == [name]


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("GET /orders listOrders", "listOrders"),
        ("GET /orders list_orders", "listOrders"),
        ("GET /orders ListOrders", "listOrders"),
        ("GET /orders list-orders", "listOrders"),
        ("GET /orders GET /orders", "orders"),
        ("GET /orders getOrdersUsingGET", "getOrders"),
        ("GET /orders OrdersController_findAll", "orders"),
        ("GET /orders/{id} OrdersController_findOne_v1", "order"),
        ("POST /orders OrdersController_create", "createOrder"),
        ("GET /hello AppController_getHello", "getHello"),
        ("GET /items/{item_id} read_item_items__item_id__get", "readItem"),
        ("POST /cards/{appId} post-/cards/{appId}_create", "createCard"),
        ("GET /orders 5f2b1c9ad0e84b55a7d1c3e4", "orders"),
        ("GET /orders 12", "orders"),
        ("GET /orders 注文", "orders"),
        ("GET /users/{id} findById", "user"),
        ("GET /users getAll", "users"),
        ("GET /chat chat_meMessage", "chatMeMessage"),
    ],
)
def test_an_id_is_cleaned_of_what_tools_put_around_it(operation: str, name: str) -> None:
    assert named(operation) == [name]


def test_ids_of_noun_and_verb_are_read_the_other_way_round() -> None:
    assert named(
        "GET /orders orders.list",
        "GET /orders/{id} orders.get",
        "POST /orders orders.create",
        "PATCH /orders/{id}/trackers/{t} orders.trackers.patch",
        "POST /orders/{id}/capture orders.capture",
    ) == ["orders", "order", "createOrder", "updateOrderTracker", "captureOrder"]


def test_the_name_of_the_api_before_all_ids_is_left_out() -> None:
    assert named("GET /files drive.files.list", "POST /files/{f}/copy drive.files.copy") == [
        "files",
        "copyFile",
    ]


def test_ids_that_say_method_and_path_again_are_named_by_the_path() -> None:
    assert named(
        "GET /v1/charges GetCharges",
        "POST /v1/charges PostCharges",
        "GET /v1/charges/{charge} GetChargesCharge",
        "POST /v1/charges/{charge} PostChargesCharge",
        "POST /v1/charges/{charge}/capture PostChargesChargeCapture",
        "GET /v1/charges/{charge}/refunds/{refund} GetChargesChargeRefundsRefund",
    ) == ["charges", "createCharge", "charge", "updateCharge", "captureCharge", "chargeRefund"]


def test_ids_that_people_gave_are_kept_even_where_they_say_the_path() -> None:
    assert named("GET /users getUsers", "POST /users addUser") == ["getUsers", "addUser"]


def test_collisions_are_told_apart_by_words() -> None:
    assert named("GET /growth", "GET /growth/{month}") == ["growth", "growthByMonth"]
    assert named("PUT /orders/{id}", "PATCH /orders/{id}") == ["replaceOrder", "updateOrder"]
    assert named("GET /orders getOrder", "GET /orders/{id} getOrder") == ["getOrder", "order"]


def test_an_id_that_stands_there_twice_names_both_without_numbers() -> None:
    names = named(
        "GET /shops/{id}/orders list", "GET /users/{id}/orders list", "POST /a save", "POST /b save"
    )
    assert len(set(names)) == 4
    assert not [name for name in names if name[-1].isdigit()]


def test_numbers_that_tools_put_behind_an_id_are_replaced_by_words() -> None:
    assert named("GET /shops/{id}/orders listOrders", "GET /users/{id}/orders listOrders_1") == [
        "listOrders",
        "userOrders",
    ]
    assert named("GET /a report_2019") == ["report2019"]


def test_long_ids_and_paths_stay_below_sixty_characters() -> None:
    long = "GET /" + "/".join(f"some-long-things/{{a{number}}}" for number in range(9))
    names = named(long, long.replace("GET", "POST"), f"GET /x {'veryLongWord' * 12}")
    assert all(0 < len(name) <= 60 for name in names)
    assert len(set(names)) == 3


def test_a_selection_does_not_rename_what_it_keeps() -> None:
    paths: Any = {"/growth": {"get": {"responses": OK}}, "/growth/{month}": {"get": {"responses": OK}}}
    model = compiled(paths, selection=Selection(include=("growthByMonth",)))
    assert [operation.name for operation in model.operations] == ["growthByMonth"]


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("orders", "order"),
        ("categories", "category"),
        ("addresses", "address"),
        ("statuses", "status"),
        ("status", "status"),
        ("purchases", "purchase"),
        ("releases", "release"),
        ("people", "person"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("series", "series"),
        ("news", "news"),
        ("movies", "movie"),
        ("analytics", "analytics"),
        ("Invoices", "Invoice"),
        ("s", "s"),
        ("", ""),
    ],
)
def test_one_of_many(many: str, one: str) -> None:
    assert singular(many) == one


@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.sampled_from(["get", "post", "put"]), st.text(max_size=40)),
        max_size=8,
    )
)
def test_whatever_is_asked_for_gets_a_name_of_its_own(asked: list[tuple[str, str, str]]) -> None:
    names = operation_names(
        [Asked(id_, method, f"/{path}", frozenset((method,))) for id_, method, path in asked]
    )
    assert len(set(names)) == len(asked)
    assert all(name.isidentifier() and name.isascii() and not name.startswith("__") for name in names)
    assert all(len(name) <= 60 for name in names)


def test_longer_deeds_behind_a_noun_are_read_the_other_way_round_too() -> None:
    path = "/machines/{name}"
    assert named(
        f"PUT {path} VirtualMachines_CreateOrUpdate",
        f"GET {path} VirtualMachines_Get",
        "GET /machines VirtualMachines_ListByGroup",
        "GET /all VirtualMachines_ListAll",
        f"GET {path}/view VirtualMachines_GetInstanceView",
        f"POST {path}/os VirtualMachines_StartOsUpgrade",
        f"DELETE {path} VirtualMachines_Delete",
    ) == [
        "createOrUpdateVirtualMachine",
        "virtualMachine",
        "virtualMachinesByGroup",
        "allVirtualMachines",
        "virtualMachineInstanceView",
        "startVirtualMachineOsUpgrade",
        "deleteVirtualMachine",
    ]


def test_a_method_before_an_id_is_left_out_where_it_tells_nothing_apart() -> None:
    assert named("GET /#Action=ListUsers GET_ListUsers", "POST /#Action=ListUsers POST_ListUsers") == [
        "listUsers",
        "postListUsers",
    ]
