"""`python -m tests.egress.reading WSDL_URL... [mutant]`: one read of each service, in a process of its own.

Says in one line of JSON how each ended: the error's code, or "read".
"""

from __future__ import annotations

import asyncio
import sys

import msgspec
from lxml import etree

from patchbay.errors import PatchbayError
from patchbay.upstreams import soap_documents, soap_replies
from tests.soap.rows import Rows, opened


def parse_as_lxml_likes(content: bytes, max_tags: int) -> object:
    """A mistake that somebody could make: a parser that loads what a document names."""
    del max_tags
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    tree = etree.fromstring(content, parser).getroottree()
    tree.xinclude()
    return tree.getroot()


async def read(url: str) -> str:
    try:
        async with opened(Rows(), url) as rows:
            (row,) = await rows.by_ids(["a"])
    except PatchbayError as error:
        return error.code
    return row.code if isinstance(row, PatchbayError) else "read"


async def read_all(urls: list[str]) -> list[str]:
    return [await read(url) for url in urls]


if __name__ == "__main__":
    locations = sys.argv[1:]
    if locations[-1] == "mutant":
        locations.pop()
        vars(soap_replies)["parsed"] = parse_as_lxml_likes
        vars(soap_documents)["parsed"] = parse_as_lxml_likes
    sys.stdout.write(msgspec.json.encode(asyncio.run(read_all(locations))).decode())
