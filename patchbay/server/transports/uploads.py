"""GraphQL multipart requests: an operation and its files in one form.

    operations   the operation as JSON, with null where a file belongs
    map          part's name -> where its file belongs, as JSON
    0, 1, ...    the files

Files are kept in memory, and not in temporary files: whatever a resolver does with one (writing it into the
body of a call, above all) takes its bytes as a whole. So one request is capped, and all of them together have
a room that they share; who finds it full is told to come again. A request has its place until it has been
answered, and one that is answered by a stream until its files are let go of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.server.answer import BUSY_CODE, BUSY_MESSAGE
from patchbay.server.csrf import ForgeableRequest
from patchbay.server.refusals import refused, refused_for
from patchbay.server.transports.asked import asked_in, decoded
from patchbay.server.transports.form_parts import FormReader, is_form
from patchbay.server.transports.sse_single import token_in
from patchbay.server.transports.upload_paths import paths_in, put, require_places, require_uploads
from patchbay.uploads import UploadedFile

if TYPE_CHECKING:
    from graphql import GraphQLSchema
    from starlette.requests import Request

    from patchbay.server.admitted import Admitted
    from patchbay.server.csrf import CsrfGuard
    from patchbay.server.refusals import Refusal
    from patchbay.server.settings import Settings
    from patchbay.server.transports.asked import Asked
    from patchbay.server.transports.form_parts import Head
    from patchbay.server.transports.upload_paths import Path

REQUESTS_AT_ONCE: Final = 8
"""Of the greatest size there may be, as many as the room holds."""


class Room:
    """The bytes of all requests with files.

    Args:
        most: how many there may be at once.

    Attributes:
        taken: how many there are.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self, size: int) -> None:
        """Raises Refusal 503 where they do not fit."""
        if self.taken + size > self._most:
            raise refused(503, BUSY_MESSAGE, code=BUSY_CODE, headers=((b"retry-after", b"1"),))
        self.taken += size

    def give_back(self, size: int) -> None:
        """So many are gone."""
        self.taken -= size


class Place:
    """What one request has of the room. It is left at the latest when nothing refers to it any more."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def add(self, size: int) -> None:
        """Raises Refusal 503."""
        self._room.take(size)
        self.size += size

    def leave(self) -> None:
        """The request is over."""
        self._room.give_back(self.size)
        self.size = 0

    def __del__(self) -> None:
        self.leave()


class Upload:
    """An operation with its files.

    Args:
        asked: the operation; its variables hold the files.
        paths: where.
        place: what they have of the room.
    """

    __slots__ = ("_paths", "asked", "place")

    def __init__(self, asked: Asked, paths: list[Path], place: Place) -> None:
        self.asked = asked
        self._paths = paths
        self.place = place

    def require_fit(self, schema: GraphQLSchema, admitted: Admitted) -> None:
        """Raises Refusal 400 where the operation has no use for one of the files."""
        try:
            require_uploads(schema, admitted.operation.variables, self._paths)
        except BaseException:
            admitted.charge.release()
            raise


class Uploads:
    """Reads the requests with files.

    Args:
        settings: the server's.
        csrf: the guard; None where there is none.

    Attributes:
        room: of all of them.
    """

    def __init__(self, settings: Settings, csrf: CsrfGuard | None) -> None:
        self._settings = settings
        self._csrf = csrf
        self.room = Room(REQUESTS_AT_ONCE * settings.max_upload_bytes)

    @staticmethod
    def takes(request: Request) -> bool:
        """Whether it is one, by its Content-Type alone."""
        types = request.headers.getlist("content-type")
        return len(types) == 1 and is_form(types[0])

    def check_head(self, request: Request) -> None:
        """What can be said before a byte of the body is read.

        Raises:
            Refusal: 403, a foreign page could have sent it; 400, an event stream would have to tell of it;
                413, it is too large; 415, its body is encoded.
        """
        problem = None if self._csrf is None else self._csrf.refuses_form(request.headers.raw)
        if problem is not None:
            raise refused_for(ForgeableRequest(problem))
        if token_in(request) is not None:
            raise refused(400, "files are not sent to an event stream: leave its token out")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise refused(415, "send the form without a content encoding")
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._settings.max_upload_bytes:
            raise self._too_large()

    async def read(self, request: Request) -> Upload:
        """The operation and its files.

        Raises:
            Refusal: 400, it is none; 413, it is too large; 503, there is no room for it now.
            ClientDisconnect: the client has gone.
        """
        place = Place(self.room)
        parts = _Parts(self._settings, place)
        reader = FormReader(request.headers["content-type"], parts)
        try:
            async for data in request.stream():
                self._let_in(len(data), place)
                await reader.feed(data)
            reader.close()
            return parts.upload()
        except BaseException:
            place.leave()
            raise
        finally:
            reader.forget()

    def _let_in(self, size: int, place: Place) -> None:
        """Raises Refusal 413, 503."""
        if place.size + size > self._settings.max_upload_bytes:
            raise self._too_large()
        place.add(size)

    def _too_large(self) -> Refusal:
        # The connection stays, and what is left of the body is read into nothing: to a client that is still
        # sending, the end of its connection would be an error of the network, and no answer.
        return refused(413, f"a request with files has at most {self._settings.max_upload_bytes} bytes")


class _Parts:
    """The parts of one request, in their order."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self._most_bytes = settings.max_operation_bytes
        self._most_files = settings.max_upload_files
        self._place = place
        self._asked: Asked | None = None
        self._paths: dict[str, list[Path]] | None = None
        self._files: dict[str, UploadedFile] = {}
        self._head: Head | None = None
        self._content = bytearray()

    def begin(self, head: Head) -> None:
        self._content = bytearray()
        self._head = head
        if self._asked is None:
            if head.name != "operations":
                raise refused(400, "the first part of the form must be 'operations'")
        elif self._paths is None:
            if head.name != "map":
                raise refused(400, "the part behind 'operations' must be 'map'")
        elif head.name not in self._paths:
            raise refused(400, "the form has a part that 'map' does not name")
        elif head.name in self._files:
            raise refused(400, "the form has two parts of one name")
        elif head.filename is None:
            raise refused(400, "the form has a text where 'map' names a file")

    def take(self, data: memoryview) -> None:
        self._content += data
        if self._paths is None and len(self._content) > self._most_bytes:
            raise refused(413, f"'operations' and 'map' have at most {self._most_bytes} bytes each")

    def end(self) -> None:
        head = self._head
        # A part that ends without a head is none to the parser.
        assert head is not None  # noqa: S101
        content, self._content = bytes(self._content), bytearray()
        if self._asked is None:
            self._asked = _operation_in(content)
        elif self._paths is None:
            self._paths = paths_in(decoded(content, "'map'"), self._most_files)
            require_places(self._asked.variables, _all(self._paths))
        else:
            self._files[head.name] = UploadedFile(
                head.filename or "", head.content_type, content, held_by=self._place
            )

    def upload(self) -> Upload:
        """What has come. Raises Refusal 400 where something is missing."""
        asked, paths = self._asked, self._paths
        if asked is None or paths is None:
            raise refused(400, f"the form has no part '{'operations' if asked is None else 'map'}'")
        if len(self._files) < len(paths):
            raise refused(400, "'map' names a file that has not come")
        for name, file in self._files.items():
            for path in paths[name]:
                put(asked.variables or {}, path, file)
        return Upload(asked, _all(paths), self._place)


def _operation_in(content: bytes) -> Asked:
    """Raises Refusal 400."""
    value: Any = decoded(content, "'operations'")
    if isinstance(value, list):
        raise refused(400, "batches of operations are not taken together with files")
    return asked_in(value)


def _all(paths: dict[str, list[Path]]) -> list[Path]:
    return [path for each in paths.values() for path in each]
