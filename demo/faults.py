"""Ways to fail, as they are put to a service by ``PUT /__fault``: each a JSON object with its ``"mode"``."""

from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0, le=600)]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Size = Annotated[int, msgspec.Meta(ge=1, le=2**31)]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="mode", kw_only=True):
    """A way to fail; of one operation, or of all when it is None."""

    operation: str | None = None


class Slow(Fault, frozen=True, tag="slow", kw_only=True):
    """The right answer, late."""

    seconds: Seconds


class Hang(Fault, frozen=True, tag="hang", kw_only=True):
    """Headers at once, then one byte each half second, without an end."""


class Fail(Fault, frozen=True, tag="fail", kw_only=True):
    """An error status."""

    status: Status


class Garbage(Fault, frozen=True, tag="garbage", kw_only=True):
    """Status 200 and the right content type, but broken JSON or XML."""


class Wrong(Fault, frozen=True, tag="wrong", kw_only=True):
    """The right answer, but one member of the second row has a wrong type."""


class Html(Fault, frozen=True, tag="html", kw_only=True):
    """Status 200 and a page of HTML."""


class Reset(Fault, frozen=True, tag="reset", kw_only=True):
    """The connection is closed without an answer."""


class Lose(Fault, frozen=True, tag="lose", kw_only=True):
    """The call is carried out, and the connection is closed without an answer."""


class Big(Fault, frozen=True, tag="big", kw_only=True):
    """A well-formed answer of `bytes` bytes, sent in chunks."""

    bytes: Size


AnyFault = Slow | Hang | Fail | Garbage | Wrong | Html | Reset | Lose | Big
