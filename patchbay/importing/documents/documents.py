"""A description's documents, opened: its root, and what references in it lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.documents.kinds import Version, seems_to_be, version_of
from patchbay.importing.documents.limits import DocumentLimits
from patchbay.importing.documents.location import Location
from patchbay.importing.documents.refs import Refs
from patchbay.importing.documents.sources import FolderSource, WebSource, is_url
from patchbay.importing.documents.store import Store
from patchbay.importing.documents.swagger import upgraded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.documents.sources import Fetch, Source


class Documents:
    """The documents of one description. What nobody asks for is neither read nor walked.

    Attributes:
        root: the root document as OpenAPI 3.x has it, whatever dialect it is written in. Of Swagger 2.0,
            paths, parameters, responses, servers and security schemes have been rewritten; schemas are the
            document's own, with `nullable` for `x-nullable`, an object for a `discriminator` that is a text,
            and `format: binary` for `type: file`. Everything else in it may have any JSON type, whatever
            OpenAPI says. Not normalised: `nullable`, `exclusiveMinimum: true` and so on of OpenAPI 3.0, and
            schemas that are `true` or `false`.
        version: the dialect: "2.0", "3.0" or "3.1" (and later).
        at: where the root stands.
        files: a document's name -> its bytes' digest, of all that were read until now; "" for one that could
            not be had.
    """

    def __init__(self, store: Store, name: str, root: dict[str, Any], version: Version) -> None:
        self.at = Location(name)
        self.version: Version = version
        self.files: Mapping[str, str] = store.digests
        self._refs = Refs(store, self.at.file, allows_siblings=version == "3.1")
        self.root: dict[str, Any] = root
        if version == "2.0":
            self.root = upgraded(root, self.at, self._refs)
            self._refs.upgraded = self.root

    def resolve(self, node: Any, base: Location) -> tuple[Any, Location]:
        """What a node is in the end, and where that stands.

        The same place is always the same object, so that `location.key` is good to remember it by.

        Args:
            node: anything; what has no `$ref` is its own answer.
            base: where the node stands, built with `/` from `at` or from a location that this gave back.

        Returns:
            The node behind all references. Its location is the one in the original document, also where the
            node was rewritten from Swagger 2.0.
            What stands beside a `$ref` is left to the caller, who has the node (`description`, `nullable`,
            `readOnly`, `deprecated`, `default`); except in OpenAPI 3.1 for words that make another type of a
            schema: then the answer is `{"allOf": [{"$ref": ...}], **beside}`, at `base`.

        Raises:
            UnresolvedRef: a reference leads nowhere, in a circle, or to where it may not.
        """
        return self._refs.resolve(node, base)

    def original(self, node: Any, base: Location) -> Location:
        """Where a node really stands, for messages; see resolve. A `$ref` is not followed."""
        return self._refs.original(node, base)


def open_documents(
    location: str | Path,
    fetch: Fetch | None = None,
    *,
    limits: DocumentLimits | None = None,
    folder: Path | None = None,
) -> Documents:
    """Open a description. It reads files or waits for fetches, and so belongs in a worker thread.

    Args:
        location: a path, or an http(s) URL.
        fetch: brings a URL's bytes, or raises UpstreamError; see Fetching. Needed for URLs alone.
        limits: see DocumentLimits.
        folder: in which (and below) further files may lie; see folder_of.

    Raises:
        DescriptionError: it cannot be read, or is no OpenAPI document.
    """
    limits = limits or DocumentLimits()
    store = Store(_source(location, fetch, limits, folder), limits)
    name, root = store.root()
    version = version_of(root) if isinstance(root, dict) else None
    if version is None:
        raise DescriptionError(name, seems_to_be(root))
    return Documents(store, name, root, version)


def _source(location: str | Path, fetch: Fetch | None, limits: DocumentLimits, folder: Path | None) -> Source:
    text = str(location)
    if not is_url(text):
        if "://" in text:
            raise DescriptionError(text.partition("://")[0], "is no kind of address that is read")
        if "\0" in text:
            raise DescriptionError("a path", "holds a null character")
        return FolderSource(Path(text), limits, folder)
    if fetch is None:
        raise DescriptionError("a URL", "cannot be fetched here")
    try:
        return WebSource(text, fetch, limits)
    except ValueError as error:
        raise DescriptionError("a description's URL", f"is {error}") from error
