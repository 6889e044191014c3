from __future__ import annotations

import pytest

from patchbay.importing.model import Batching
from tests.importing.wsdl.documents import compiled, of_schema, only

KEYS = """<xs:sequence><xs:element name="{outer}"><xs:complexType><xs:sequence>
    <xs:element name="{inner}" type="xs:string" maxOccurs="unbounded"/>
    </xs:sequence></xs:complexType></xs:element></xs:sequence>"""
ROWS = """<xs:sequence><xs:element name="Levels"><xs:complexType><xs:sequence>
    <xs:element name="Level" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="OnHand" type="xs:int"/></xs:sequence><xs:attribute name="{key}" type="xs:string"/>
    </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:sequence>"""


def found(request: str, response: str) -> Batching | None:
    return only(compiled(of_schema(request, response))).batching


@pytest.mark.parametrize(
    ("outer", "inner", "key", "match"),
    [
        ("Skus", "Sku", "Sku", "sku"),
        ("ArticleIdList", "string", "articleId", "article_id"),
        ("Skus", "Sku", "Article", None),
        ("ids", "orderIds", "OrderID", "order_id"),
        ("codes", "item", "code", "code"),
    ],
)
def test_a_list_of_keys_is_found_by_the_rows_member_of_its_name(
    outer: str, inner: str, key: str, match: str | None
) -> None:
    guess = found(KEYS.format(outer=outer, inner=inner), ROWS.format(key=key))
    assert (guess and guess.match) == match


def test_the_path_leads_from_the_argument_to_the_keys() -> None:
    guess = found(KEYS.format(outer="Skus", inner="Sku"), ROWS.format(key="Sku"))
    assert guess is not None
    assert (guess.argument, guess.path, guess.items) == ("skus", ("Sku",), ())
    assert guess.why == "takes a list of Sku and answers rows with Sku"


def test_keys_may_stand_in_the_request_itself() -> None:
    request = '<xs:sequence><xs:element name="sku" type="xs:string" maxOccurs="unbounded"/></xs:sequence>'
    guess = found(request, ROWS.format(key="sku"))
    assert guess is not None
    assert (guess.argument, guess.path) == ("sku", ())


def test_nothing_is_guessed_where_more_is_needed_or_no_list_comes() -> None:
    more = KEYS.format(outer="Skus", inner="Sku").replace(
        "<xs:sequence>", '<xs:sequence><xs:element name="site" type="xs:int"/>', 1
    )
    assert found(more, ROWS.format(key="Sku")) is None
    single = ROWS.format(key="Sku").replace('maxOccurs="unbounded"', "")
    assert found(KEYS.format(outer="Skus", inner="Sku"), single) is None
