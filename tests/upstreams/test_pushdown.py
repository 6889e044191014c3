"""REST upstreams are asked for the members that a query looks at, where they offer it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.batch import ByIds
from patchbay.cached import Ttl
from patchbay.errors import ConfigurationError
from patchbay.upstreams import Fields, Rest
from tests.patchbay.wire import Request, Wire, answering, json_reply
from tests.upstreams.opening import opened

crm = Rest("crm", base_url="CRM_URL")


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    full_name: str
    city: str


class Customer(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    erp_number: str
    owner: Owner


OWNER = {"fullName": "Ada", "city": "Ulm"}
WHOLE = {"id": "C1", "name": "n", "erpNumber": "e", "owner": OWNER}


def projecting(request: Request) -> bytes:
    """Answers as such upstreams do: with the members that are asked for, and no others."""
    asked = [name for value in request.query("fields") for name in value.split(",")]
    row = {name: value for name, value in WHOLE.items() if not asked or name in asked}
    return json_reply(row if request.target.startswith("/customers/") else {"rows": [row], "total": 1})


def query_of(request: Request) -> str:
    return urlsplit(request.target).query


plain = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=10, at="rows")
by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=10, at="rows", fields="fields")
by_id = crm.each("GET /customers/{id}", Customer, fields="fields")
page = crm.page("GET /customers?o={offset}&l={limit}", Customer, items="rows", total="total", fields="fields")
every = crm.list("GET /customers", Customer, at="rows", fields="fields")


async def asked(read: Any, attributes: set[str] | None, answer: Any = projecting) -> tuple[str, Any]:
    """The query of the call, and the record that it brought."""
    narrow = read if attributes is None else read.selecting(frozenset(attributes))
    async with Wire(answering(answer)) as wire, opened(crm, CRM_URL=wire.url):
        if read is every:
            found = (await narrow())[0]
        else:
            (found,) = await narrow([(0, 1)] if read is page else ["C1"])
        (request,) = wire.requests
    return query_of(request), found.items[0] if read is page else found


READS = [
    pytest.param(by_ids, "ids=C1&", id="batch"),
    pytest.param(by_id, "", id="each"),
    pytest.param(page, "o=0&l=1&", id="page"),
    pytest.param(every, "", id="list"),
]


@pytest.mark.parametrize(("read", "before"), READS)
class TestEveryRead:
    async def test_two_selections_are_two_projections(self, read: Any, before: str) -> None:
        query, record = await asked(read, {"name"})
        key = "id," if read is by_ids else ""
        assert query == f"{before}fields={key}name"
        assert record.name == "n"
        assert not hasattr(record, "erp_number")
        query, record = await asked(read, {"erp_number", "owner"})
        assert query == f"{before}fields={key}erpNumber,owner"
        assert record.owner == Owner("Ada", "Ulm")

    async def test_the_whole_record_asks_for_all_its_members(self, read: Any, before: str) -> None:
        query, record = await asked(read, None)
        assert query == f"{before}fields=id,name,erpNumber,owner"
        assert record == Customer("C1", "n", "e", Owner("Ada", "Ulm"))

    async def test_nothing_selected_is_the_key_or_no_projection(self, read: Any, before: str) -> None:
        query, record = await asked(read, set())
        assert query == (f"{before}fields=id" if read is by_ids else before.rstrip("&"))
        assert record is not None


async def test_without_the_argument_there_is_no_parameter() -> None:
    for attributes in (None, {"name"}):
        query, _ = await asked(plain, attributes)
        assert query == "ids=C1"


class Checked(msgspec.Struct, frozen=True):
    id: str
    name: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("without a name")


class Bare(msgspec.Struct, frozen=True, array_like=True):
    id: str
    name: str


class Typed(msgspec.Struct, frozen=True, tag="customer", tag_field="type"):
    id: str
    name: str


class Tree(msgspec.Struct, frozen=True):
    id: str
    parent: Tree | None = None
    labels: dict[str, str] = {}
    either: Owner | int | None = None


@pytest.mark.parametrize(
    ("record", "query"),
    [(Checked, "ids=C1&fields=id,name"), (Bare, "ids=C1"), (Typed, "ids=C1&fields=type,id,name")],
)
async def test_a_record_that_stays_whole_asks_for_the_whole(record: Any, query: str) -> None:
    read = crm.batch("GET /things?ids={ids}", record, match="id", max_size=10, fields="fields")
    row: Any = ["C1", "n"] if record is Bare else {"type": "customer", "id": "C1", "name": "n"}
    asked_for, found = await asked(read, {"id"}, lambda _: json_reply([row]))
    assert asked_for == query
    assert found == record("C1", "n")


CUSTOMER = "id,name,erpNumber"


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ("$select", f"$select={CUSTOMER},owner"),
        ("fields[customers]", f"fields%5Bcustomers%5D={CUSTOMER},owner"),
        ("a&b=c#", f"a%26b%3Dc%23={CUSTOMER},owner"),
        (Fields("fields"), f"fields={CUSTOMER},owner"),
        (Fields("fields", nested="."), f"fields={CUSTOMER},owner.fullName,owner.city"),
        (Fields("$select", nested="/"), f"$select={CUSTOMER},owner/fullName,owner/city"),
        (Fields("fields", nested="()"), f"fields={CUSTOMER},owner(fullName,city)"),
        (
            Fields("fields", nested="()", from_top=True),
            f"fields=rows({CUSTOMER},owner(fullName,city))",
        ),
        (
            Fields("f", nested=".", from_top=True),
            "f=rows.id,rows.name,rows.erpNumber,rows.owner.fullName,rows.owner.city",
        ),
    ],
)
async def test_the_forms_that_upstreams_take(fields: str | Fields, query: str) -> None:
    read = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=10, at="rows", fields=fields)
    sent, _ = await asked(read, None, lambda _: json_reply({"rows": [WHOLE]}))
    assert sent == f"ids=C1&{query}"


async def test_servers_read_the_parameter_as_it_was_declared() -> None:
    read = crm.each("GET /customers/{id}", Customer, fields="fields[customers]")
    sent, _ = await asked(read, {"name"}, lambda _: json_reply(WHOLE))
    assert parse_qsl(sent) == [("fields[customers]", "name")]


async def test_from_the_top_a_pages_total_is_asked_for_as_well() -> None:
    fields = Fields("fields", nested="()", from_top=True)
    read = crm.page(
        "GET /c?o={offset}&l={limit}", Owner, items="result.rows", total="result.total", fields=fields
    )
    body = {"result": {"rows": [OWNER], "total": 1}}
    async with Wire(json_reply(body)) as wire, opened(crm, CRM_URL=wire.url):
        await read([(0, 1)])
        await read.selecting(frozenset({"city"}))([(0, 1)])
    assert [query_of(request) for request in wire.requests] == [
        "o=0&l=1&fields=result(rows(fullName,city),total)",
        "o=0&l=1&fields=result(rows(city),total)",
    ]


def test_what_has_no_known_inside_is_asked_for_by_its_own_name() -> None:
    assert Fields("f", nested="()").query(Tree) == "f=id,parent,labels,either"


# Without those that msgspec takes for no member's name.
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='\\"'), min_size=1, max_size=8
)


@given(st.lists(names, min_size=1, max_size=4, unique=True), names)
def test_no_name_gets_out_of_its_place(wire_names: list[str], parameter: str) -> None:
    attributes = [f"a{index}" for index in range(len(wire_names))]
    record = msgspec.defstruct(
        "Named",
        [(each, int) for each in attributes],
        rename=dict(zip(attributes, wire_names, strict=True)),
    )
    query = Fields(parameter).query(record)
    assert query.isascii()
    assert query == f"{quote(parameter, safe='$')}={','.join(quote(name, safe='') for name in wire_names)}"
    ((name, value),) = parse_qsl(query)
    assert (name, value) == (parameter, ",".join(wire_names))


async def test_a_read_that_keeps_records_asks_for_all_members() -> None:
    kept = crm.batch(
        "GET /customers?ids={ids}",
        Customer,
        match="id",
        max_size=10,
        at="rows",
        fields="fields",
        cache=Ttl(60),
    )
    query, record = await asked(kept, {"name"})
    assert query == "ids=C1&fields=id,name,erpNumber,owner"
    assert record.erp_number == "e"


class TestDeclarations:
    def test_the_parameter_stands_in_the_operation_once(self) -> None:
        for operation in ("GET /c?ids={ids}&fields=id", "GET /c?ids={ids}&fields={fields}"):
            with pytest.raises(ConfigurationError, match="has the parameter fields already"):
                crm.batch(operation, Customer, match="id", max_size=5, fields="fields")
        crm.batch("GET /c?ids={ids}&field=id", Customer, match="id", max_size=5, fields="fields")

    def test_names_from_the_top_need_a_way_to_write_them(self) -> None:
        with pytest.raises(ConfigurationError, match="from_top"):
            Fields("fields", from_top=True)

    def test_arguments_and_names_stay_the_same(self) -> None:
        reads: list[tuple[ByIds[Any], ByIds[Any]]] = [(plain, by_ids)]
        for without, with_fields in reads:
            assert (without.name, without.source) == (with_fields.name, with_fields.source)
        assert plain.arguments == by_ids.arguments == frozenset()
