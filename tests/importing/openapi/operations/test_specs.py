"""Real documents: all of their operations, under names that a person would have chosen."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from patchbay.importing.build.sizes import most_items
from patchbay.importing.documents import open_documents
from patchbay.importing.model import MOST_PROMISED, ListOf, ObjectType, PagingStyle, Selection, Severity
from patchbay.importing.openapi.compile import compile_openapi
from tests.importing.specs import needs_specs, openapi, openapi_documents

if TYPE_CHECKING:
    from pathlib import Path

    from patchbay.importing.model import Model, Operation

pytestmark = needs_specs

STRIPE = "apis-guru-npm/stripe.com.json"
MAILCHIMP = "apis-guru-npm/mailchimp.com.json"


@lru_cache(maxsize=32)
def model_of(file: Path) -> Model:
    return compile_openapi(open_documents(file), "it", Selection())


def operations_of(name: str) -> dict[str, Operation]:
    return {operation.name: operation for operation in model_of(openapi(name)).operations}


@pytest.mark.parametrize("file", openapi_documents(), ids=lambda file: file.stem)
def test_all_operations_of_a_real_document_are_mapped(file: Path) -> None:
    model = model_of(file)
    assert len(model.operations) == model.offered
    assert not [problem for problem in model.problems if problem.severity is Severity.LEFT_OUT]
    names = [operation.name for operation in model.operations]
    assert len(set(names)) == len(names)
    assert max(map(len, names), default=0) <= 60


def test_the_types_of_operations_are_in_the_model() -> None:
    model = model_of(openapi(STRIPE))
    named = {getattr(operation.result.type, "name", "") for operation in model.operations}
    assert {"Charge", "Customer", "ChargeList"} <= named & set(model.types)


def test_stripe_is_compiled_in_little_time() -> None:
    documents = open_documents(openapi(STRIPE))
    started = time.process_time()
    compile_openapi(documents, "stripe", Selection())
    assert time.process_time() - started < 2.0


def test_a_small_selection_costs_little() -> None:
    documents = open_documents(openapi(STRIPE))
    started = time.process_time()
    model = compile_openapi(documents, "stripe", Selection(include=("balance",)))
    assert time.process_time() - started < 0.5
    assert len(model.operations) == 1


def test_names_of_stripe() -> None:
    assert {
        "charges",
        "charge",
        "createCharge",
        "updateCharge",
        "captureCharge",
        "searchCharges",
        "chargeRefund",
        "payInvoice",
        "markInvoiceUncollectible",
        "incrementPaymentIntentAuthorization",
        "deleteCustomerTaxId",
    } <= set(operations_of(STRIPE))


def test_names_of_mailchimp() -> None:
    assert {
        "campaigns",
        "campaign",
        "pauseCampaign",
        "createCampaign",
        "replaceListMember",
        "updateListMember",
        "ecommerceStoreProductVariants",
        "listGrowthHistory",
        "listGrowthHistoryByMonth",
    } <= set(operations_of(MAILCHIMP))


def test_names_that_people_gave_stay() -> None:
    assert {"chatPostMessage", "conversationsList"} <= set(
        operations_of("slackapi/slack_web_openapi_v2.json")
    )
    assert {"createCall", "listCall", "fetchCall"} <= set(operations_of("twilio/twilio_api_v2010.json"))


def test_pages_of_real_documents() -> None:
    charges = operations_of(STRIPE)["charges"].paging
    assert charges is not None
    assert (charges.style, charges.last_member, charges.most) == (PagingStyle.CURSOR, "id", 100)
    campaigns = operations_of(MAILCHIMP)["campaigns"].paging
    assert campaigns is not None
    assert (campaigns.style, campaigns.items, campaigns.most) == (PagingStyle.OFFSET, ("campaigns",), 1000)
    calls = operations_of("twilio/twilio_api_v2010.json")["listCall"].paging
    assert calls is not None
    assert (calls.style, calls.next) == (PagingStyle.CURSOR, ("next_page_uri",))


def test_batches_of_real_documents() -> None:
    products = operations_of(STRIPE)["products"].batching
    assert products is not None
    assert (products.argument, products.single, products.size) == ("ids", "product", "limit")
    users = operations_of("xdevplatform/latest-openapi.json")["getUsersByIds"].batching
    assert users is not None
    assert (users.single, users.max_size) == ("getUsersById", 100)


def test_an_edge_of_a_real_document() -> None:
    edges = model_of(openapi("oai/link-example.yaml")).edges
    assert [(edge.type, edge.field, edge.operation) for edge in edges] == [
        ("User", "userRepositories", "getRepositoriesByOwner")
    ]


@pytest.mark.parametrize(
    "name",
    [
        "apis-guru/amazonaws.com-dynamodb.openapi.yaml",
        "paypal/checkout_orders_v2.json",
        "xdevplatform/latest-openapi.json",
    ],
)
def test_lists_of_real_documents_are_as_long_as_these_say(name: str) -> None:
    model = model_of(openapi(name))
    lists = [
        field.type
        for kind in model.types.values()
        if isinstance(kind, ObjectType)
        for field in kind.fields
        if isinstance(field.type, ListOf)
    ]
    assert any(most_items(model, each) for each in lists)
    assert all(each.most is None or 1 <= each.most <= MOST_PROMISED for each in lists)
