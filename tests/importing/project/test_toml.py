from __future__ import annotations

from pathlib import Path

import pytest

from patchbay.calls import ApiKey, Basic, Bearer, Quota
from patchbay.errors import ConfigurationError
from patchbay.importing.project import OpenApi, Wsdl
from patchbay.importing.project.sources import parse_source
from patchbay.importing.project.toml import read_toml
from patchbay.upstreams import UsernameToken

WHOLE = """
links = ["shop.Order.customer -> crm.customers(ids: customerId) match id max 100"]
hide = ["shop.Order.note", "shop.deleteOrder"]
merge = ["shop.Customer, crm.Customer key id"]

[rename]
"shop.Order" = "Purchase"
"shop.Order.total" = "sum"

[upstreams.shop]
openapi = "descriptions/shop.yaml"
include = ["tag:orders"]
exclude = ["wipe*"]
prefix = "Shop"
strict = true
url_variable = "SHOP_ADDRESS"
credentials = { bearer = "SHOP_TOKEN" }
deadline_seconds = 2
quota = "50/second"

[upstreams.shop.operations.listOrders]
paging = false

[upstreams.erp]
wsdl = "https://erp.example/stock?wsdl"
credentials = { username_token = ["ERP_USER", "ERP_PASSWORD"] }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "patchbay.toml"
    path.write_text(text)
    return path


def test_all_of_a_file_is_read(tmp_path: Path) -> None:
    declared = read_toml(written(tmp_path, WHOLE))
    shop, erp = declared.sources["shop"], declared.sources["erp"]
    assert isinstance(shop, OpenApi)
    assert isinstance(erp, Wsdl)
    assert shop.location == str(tmp_path / "descriptions/shop.yaml")
    assert erp.location == "https://erp.example/stock?wsdl"
    assert (shop.include, shop.exclude, shop.prefix, shop.strict) == (
        ("tag:orders",),
        ("wipe*",),
        "Shop",
        True,
    )
    assert shop.url_variable == "SHOP_ADDRESS"
    assert shop.credentials == Bearer("SHOP_TOKEN")
    assert erp.credentials == UsernameToken("ERP_USER", "ERP_PASSWORD")
    assert shop.call["quota"] == Quota(50, 1)
    assert shop.call["limits"].deadline_seconds == 2
    assert shop.operations == {"listOrders": {"paging": False}}
    assert declared.rename == {("shop", "Order"): "Purchase", ("shop", "Order", "total"): "sum"}
    assert declared.hide == (("shop", "Order", "note"), ("shop", "deleteOrder"))
    assert [link.field for link in declared.links] == ["customer"]
    assert [merge.key for merge in declared.merges] == ["id"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = ", "this is no TOML"),
        ('upstream.shop.openapi = "x"', "upstream: is no key here; did you mean 'upstreams'?"),
        (
            '[upstreams.shop]\nopenap = "x"',
            "[upstreams.shop]: openap: is no key here; did you mean 'openapi'?",
        ),
        ('[upstreams.shop]\nopenapi = "x"\nlinks = []', "links: belongs to the whole graph"),
        ("[upstreams.shop]\nopenapi = 3", "[upstreams.shop]: openapi: takes a text, and has a whole number"),
        ('[upstreams.shop]\nopenapi = "x"\ninclude = ["a", 4]', "include[1]: takes a text"),
        ('[upstreams.shop]\nopenapi = "x"\nstrict = "yes"', "strict: takes true or false, and has a text"),
        ("[upstreams.shop]", "needs either openapi or wsdl"),
        ('[upstreams.shop]\nopenapi = "a"\nwsdl = "b"', "needs either openapi or wsdl"),
        ('[upstreams.shop]\nopenapi = " "', "openapi: is empty"),
        ('[upstreams]\nshop = "x.yaml"', "upstreams.shop: takes a table, and has a text"),
        ('[upstreams."my-shop"]\nopenapi = "x"', "'my-shop' cannot name an upstream"),
        ('[upstreams.class]\nopenapi = "x"', "'class' cannot name an upstream"),
        ('[upstreams.erp]\nopenapi = "stock?wsdl"', "this is a WSDL"),
        ('[upstreams.shop]\nwsdl = "shop.yaml"', "this is an OpenAPI document"),
        ('[upstreams.shop]\nopenapi = "x"\nquota = "fast"', "quota: 'fast' is no quota"),
        ('[upstreams.shop]\nopenapi = "x"\ncredentials = { token = "X" }', "credentials: there are { bearer"),
        ('[upstreams.shop]\nopenapi = "x"\ncredentials = { basic = ["X"] }', "basic cannot be meant"),
        (
            '[upstreams.shop]\nopenapi = "x"\ncredentials = { bearer = "X", header = "Y" }',
            "header is no key of bearer",
        ),
        ('links = "x"', "links: takes a list, and has a text"),
        ('links = ["shop.Order"]', "links[0]: expected upstream.Type.field"),
        ('hide = ["shop"]', "hide[0]: expected upstream.Type"),
        ('[rename]\n"shop.Order" = "1x"', "'1x' is no name that GraphQL allows"),
        ('[rename]\n"shop.Order" = "__x"', "'__x' is no name that GraphQL allows"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        read_toml(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_an_upstream_that_is_not_there_is_told_with_what_is_near(tmp_path: Path) -> None:
    declared = read_toml(written(tmp_path, 'hide = ["shpo.Order"]\n[upstreams.shop]\nopenapi = "x"'))
    with pytest.raises(
        ConfigurationError, match=r"hide shpo.Order: there is no upstream 'shpo'; did you mean 'shop'\?"
    ):
        declared.require_upstreams()


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "patchbay.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="no text in UTF-8"):
        read_toml(path)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('{ api_key = "K" }', ApiKey("K")),
        ('{ api_key = "K", header = "X-Key" }', ApiKey("K", header="X-Key")),
        ('{ api_key = "K", query = "key" }', ApiKey("K", query="key")),
        ('{ basic = ["U", "P"] }', Basic("U", "P")),
    ],
)
def test_credentials_are_named_by_their_variables(tmp_path: Path, said: str, meant: object) -> None:
    declared = read_toml(written(tmp_path, f'[upstreams.shop]\nopenapi = "x"\ncredentials = {said}'))
    assert declared.sources["shop"].credentials == meant


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("rest", "shop", "needs a name and a location"),
        ("rest", "shop=", "needs a name and a location"),
        ("rest", "https://x.example/a?b=c", "needs a name and a location"),
        ("rest", "a-b=x.yaml", "cannot name an upstream"),
        ("rest", "=x.yaml", "cannot name an upstream"),
        ("rest", "erp=stock.wsdl", "this is a WSDL: say --soap"),
        ("soap", "shop=shop.json", "this is an OpenAPI document: say --rest"),
    ],
)
def test_options_are_told_what_they_lack(kind: str, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        parse_source(kind, text)
