"""Replies of GraphQL upstreams -> records, and errors that hurt nothing but what they are about."""

from __future__ import annotations

import re
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.batch import Matched
from patchbay.calls import require_success
from patchbay.errors import UpstreamBadData, UpstreamError, UpstreamGraphQLError
from patchbay.keys import wire_key
from patchbay.upstreams.decoding import DECODE_ERRORS, RowsDecoder, bad_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patchbay.calls import Reply
    from patchbay.keys import WireKey

T = TypeVar("T")
R = TypeVar("R")

_PLAIN_WORD = re.compile(r"[A-Z_]{1,64}")
"""What an error's code may look like to be passed on: nothing that could hold data."""


class Problem(msgspec.Struct, frozen=True):
    """One error of a reply. Its message is the upstream's own business, and is not read."""

    path: Any = None
    extensions: Any = None


class _Problems(msgspec.Struct, frozen=True):
    errors: list[Problem] | None = None


_PROBLEMS = msgspec.json.Decoder(_Problems)


class PlaceDecoder(Generic[T]):
    """Decodes what stands at one place of the data, if anything does, and the errors beside it.

    Args:
        source: the upstream's name.
        type_: what stands at the place.
        place: names from the top of the data.
    """

    def __init__(self, source: str, type_: Any, place: Sequence[str]) -> None:
        self.source = source
        self.where = ".".join(("$.data", *place))
        self._depth = len(place)
        inner = type_ | None
        for name in reversed(place):
            inner = (
                msgspec.defstruct("Inside", [("inside", inner)], rename={"inside": name}, frozen=True) | None
            )
        errors: Any = list[Problem] | None
        body = msgspec.defstruct("Body", [("data", inner, None), ("errors", errors, None)], frozen=True)
        self._decoder = msgspec.json.Decoder(body)

    def decode(self, body: bytes) -> tuple[T | None, list[Problem]]:
        """The value, which is None where it or anything around it is null, and the errors.

        Raises:
            UpstreamBadData: there is neither of both.
            DECODE_ERRORS: it is something else than what was declared.
        """
        top: Any = self._decoder.decode(body)
        problems = top.errors or []
        value = top.data
        if value is None and not problems:
            raise UpstreamBadData(self.source, "neither data nor errors")
        for _ in range(self._depth):
            if value is None:
                break
            value = value.inside
        return value, problems


class OneDecoder(Generic[T]):
    """Decodes one value.

    Args:
        source: the upstream's name.
        type_: what stands at the place.
        place: names from the top of the data.
    """

    def __init__(self, source: str, type_: type[T], place: Sequence[str]) -> None:
        self._source = source
        self._value: PlaceDecoder[T] = PlaceDecoder(source, type_, place)

    def decode(self, reply: Reply) -> T | None:
        """The value; None where it is null and no error says why.

        Raises:
            UpstreamGraphQLError: there is any error; of one value, nobody can say what it did not hurt.
            UpstreamBadData, UpstreamError: see PlaceDecoder.decode and require_answer.
        """
        require_answer(self._source, reply)
        try:
            value, problems = self._value.decode(reply.body)
        except DECODE_ERRORS as error:
            # A member that is null because of an error is of a type that was not declared.
            raise _refusal(self._source, problems_of(reply)) or bad_data(self._source, error) from error
        refusal = _refusal(self._source, problems)
        if refusal is not None:
            raise refusal
        return value


class KeyedDecoder(Generic[R]):
    """Decodes a list of records, in which null stands for what there is not.

    Args:
        source: the upstream's name.
        record: the type of a row.
        keys: the attributes that tell which key a row is about.
        place: where the list stands, names from the top of the data.
    """

    def __init__(self, source: str, record: Any, keys: tuple[str, ...], place: Sequence[str]) -> None:
        self._source = source
        self._place = tuple(place)
        self._whole: PlaceDecoder[list[R | None]] = PlaceDecoder(source, list[record | None], place)
        self._raw: PlaceDecoder[list[msgspec.Raw]] = PlaceDecoder(source, list[msgspec.Raw], place)
        self._rows: RowsDecoder[R] = RowsDecoder(source, record, keys, ".".join(("data", *place)))
        self._key = attrgetter(*keys)

    def decode(self, reply: Reply, asked: Sequence[WireKey]) -> Matched[R]:
        """The records, and the errors of single keys.

        Args:
            reply: the upstream's.
            asked: the keys in the order in which they were asked for.

        Raises:
            UpstreamGraphQLError: there are errors, and no list.
            UpstreamBadData: the body as a whole is wrong, or a wrong row does not tell its key.
            UpstreamError: see require_answer.
        """
        require_answer(self._source, reply)
        wrong: dict[int, tuple[WireKey, UpstreamError]] = {}
        rows: list[R | None] | None
        try:
            rows, problems = self._whole.decode(reply.body)
        except DECODE_ERRORS as error:
            rows, problems = self._one_by_one(reply, error, wrong)
        if rows is None:
            raise _refusal(self._source, problems) or bad_data(
                self._source, msgspec.ValidationError("Expected `array`, got `null`"), self._whole.where
            )
        if problems:
            return self._settle(asked, rows, wrong, problems)
        return Matched([row for row in rows if row is not None], dict(wrong.values()))

    def _one_by_one(
        self, reply: Reply, first: Exception, wrong: dict[int, tuple[WireKey, UpstreamError]]
    ) -> tuple[list[R | None] | None, list[Problem]]:
        """The rows that are right, and None in the places of the others; those are put into `wrong`."""
        try:
            raw, problems = self._raw.decode(reply.body)
        except DECODE_ERRORS:
            raise _refusal(self._source, problems_of(reply)) or bad_data(self._source, first) from first
        if raw is None:
            return None, problems
        explained = {self._row_of(problem, len(raw)) for problem in problems}
        rows: list[R | None] = []
        for index, each in enumerate(raw):
            rows.append(None)
            if bytes(each) == b"null":
                continue
            try:
                outcome = self._rows.row(each, index)
            except UpstreamBadData:
                if index not in explained:
                    raise
                continue
            if isinstance(outcome, tuple):
                wrong[index] = (wire_key(self._key(outcome[0])), outcome[1])
            else:
                rows[index] = outcome
        return rows, problems

    def _settle(
        self,
        asked: Sequence[WireKey],
        rows: list[R | None],
        wrong: dict[int, tuple[WireKey, UpstreamError]],
        problems: list[Problem],
    ) -> Matched[R]:
        """Give each error to the key that its path leads to; one that leads to none, to all without a row."""
        keys = [None if row is None else wire_key(self._key(row)) for row in rows]
        for index, (told, _) in wrong.items():
            keys[index] = told
        in_order = len(keys) == len(asked) and all(
            key is None or key == wanted for key, wanted in zip(keys, asked, strict=True)
        )
        errors: dict[WireKey, UpstreamError] = {}
        elsewhere: list[Problem] = []
        for problem in problems:
            row_index = self._row_of(problem, len(rows))
            about = None if row_index is None else keys[row_index]
            if about is None and row_index is not None and in_order:
                about = asked[row_index]
            if about is None:
                elsewhere.append(problem)
            else:
                errors.setdefault(about, UpstreamGraphQLError(self._source, _reason(problem)))
        refusal = _refusal(self._source, elsewhere)
        if refusal is not None:
            # It may be about any of these, so nobody can be told that the upstream does not know theirs.
            there = {*keys, *errors}
            errors.update((key, refusal) for key in asked if key not in there)
        for told, error in wrong.values():
            errors.setdefault(told, error)
        records = [row for key, row in zip(keys, rows, strict=True) if row is not None and key not in errors]
        return Matched(records, errors)

    def _row_of(self, problem: Problem, number: int) -> int | None:
        """Which row an error is about; None where it does not say, or there is none."""
        path, depth = problem.path, len(self._place)
        if not isinstance(path, list) or len(path) <= depth or tuple(path[:depth]) != self._place:
            return None
        index = path[depth]
        return index if type(index) is int and 0 <= index < number else None


def require_answer(source: str, reply: Reply) -> None:
    """Turn a status other than 2xx into its error.

    Raises:
        UpstreamGraphQLError: 4xx, and the body says why in GraphQL's way.
        UpstreamError: see require_success.
    """
    status = reply.status
    # A spent quota says when there may be a slot again, which is worth more than its code.
    if status // 100 == 4 and status != HTTPStatus.TOO_MANY_REQUESTS:  # noqa: PLR2004 - the class 4xx
        refusal = _refusal(source, problems_of(reply))
        if refusal is not None:
            raise refusal
    require_success(source, reply)


def problems_of(reply: Reply) -> list[Problem]:
    """The errors in a body, whatever stands beside them; none where it is not GraphQL's."""
    try:
        return _PROBLEMS.decode(reply.body).errors or []
    except DECODE_ERRORS:
        return []


def _refusal(source: str, problems: Iterable[Problem]) -> UpstreamGraphQLError | None:
    """One error for several, with the first reason that any gives; None for none."""
    reasons = [_reason(problem) for problem in problems]
    return UpstreamGraphQLError(source, next(filter(None, reasons), None)) if reasons else None


def _reason(problem: Problem) -> str | None:
    code = problem.extensions.get("code") if isinstance(problem.extensions, dict) else None
    return code if isinstance(code, str) and _PLAIN_WORD.fullmatch(code) else None
