"""Files that clients send with an operation, as resolvers get them.

    async def set_avatar(self, file: UploadedFile) -> bool: ...

    schema = GraphSchema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))

`SCALARS` of patchbay.scalars serves both this class and Strawberry's own `Upload` as the scalar `Upload`,
which takes files that came with the request and nothing else.
"""

from __future__ import annotations

from typing import Final

import strawberry
from graphql import GraphQLError
from strawberry.file_uploads import Upload
from strawberry.types.scalar import ScalarDefinition

SCALAR_NAME: Final = "Upload"
"""Of the scalars that take files, hand-written and imported ones."""


class UploadedFile:
    """A file that came with an operation.

    It is no key and no value of JSON: nothing can share, keep or write down what a client has uploaded
    without being told to.

    Args:
        filename: as the client names it, without folders; "" where it does not say.
        content_type: the media type that the client claims; "" where it does not say.
        content: its bytes.
        held_by: what has to live as long as the content is needed.
    """

    __slots__ = ("_held_by", "content", "content_type", "filename")

    # What a client has uploaded is told from other files by nobody.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, filename: str, content_type: str, content: bytes, *, held_by: object = None) -> None:
        self.filename = filename
        self.content_type = content_type
        self.content = content
        self._held_by = held_by

    def __repr__(self) -> str:
        # It may stand in errors and logs.
        return f"<UploadedFile of {self.size} bytes>"

    @property
    def size(self) -> int:
        """Of the content, in bytes."""
        return len(self.content)

    async def read(self) -> bytes:
        """The content, for resolvers that were written for Strawberry's views."""
        return self.content


def _file(value: object) -> UploadedFile:
    if not isinstance(value, UploadedFile):
        raise GraphQLError("Upload is a file, which comes by a multipart request")
    return value


def _never(value: object) -> None:
    del value
    raise GraphQLError("Upload is for arguments alone")


_DEFINITION: Final = strawberry.scalar(
    name=SCALAR_NAME,
    description="A file, sent by a GraphQL multipart request.",
    specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
    serialize=_never,
    parse_value=_file,
)

UPLOADS: Final[dict[object, ScalarDefinition]] = {UploadedFile: _DEFINITION, Upload: _DEFINITION}
"""For StrawberryConfig.scalar_map; patchbay.scalars.SCALARS has them."""
