"""All that is declared of a graph's imports, from patchbay.toml, the command line or Python, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from patchbay.errors import ConfigurationError
from patchbay.importing.near import near
from patchbay.importing.project.links import parse_link
from patchbay.importing.project.merges import parse_merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from patchbay.importing.build.edits import Link, Merge
    from patchbay.importing.project.sources import OpenApi, Wsdl

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")

_PARTS = {2: "upstream.Type or upstream.operation", 3: "upstream.Type.field"}


@dataclass(frozen=True)
class Declarations:
    """What is imported, and what is changed of it.

    Args:
        sources: upstream's name -> its description.
        links, merges: as they were written.
        rename: (upstream, type or operation) or (upstream, type, field) -> the new name.
        hide: the same, of what clients shall not see.
        where: where all this stands, for errors.
    """

    sources: Mapping[str, OpenApi | Wsdl] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    merges: tuple[Merge, ...] = ()
    rename: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    hide: tuple[tuple[str, ...], ...] = ()
    where: str = "imports"

    @classmethod
    def parse(
        cls,
        sources: Mapping[str, OpenApi | Wsdl],
        *,
        links: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
        hide: Sequence[str] = (),
        merge: Sequence[str] = (),
        where: str = "imports",
    ) -> Self:
        """From texts. Raises ConfigurationError that names the line, and what was expected."""
        renamed: dict[tuple[str, ...], str] = {}
        for key, name in (rename or {}).items():
            if _NAME.fullmatch(name) is None or name.startswith("__"):
                raise ConfigurationError(f'{where}: rename "{key}": {name!r} is no name that GraphQL allows')
            renamed[_target(key, f'{where}: rename "{key}"')] = name
        return cls(
            sources=dict(sources),
            links=tuple(parse_link(each, f"{where}: links[{at}]") for at, each in enumerate(links)),
            merges=tuple(parse_merge(each, f"{where}: merge[{at}]") for at, each in enumerate(merge)),
            rename=renamed,
            hide=tuple(_target(each, f"{where}: hide[{at}]") for at, each in enumerate(hide)),
            where=where,
        )

    def adding(self, more: Mapping[str, OpenApi | Wsdl], where: str) -> Self:
        """With further upstreams. Raises ConfigurationError for a name that is taken."""
        for name in more:
            if name in self.sources:
                raise ConfigurationError(f"{where}: {self.where} has an upstream '{name}' already")
        return replace(self, sources={**self.sources, **more})

    def require_upstreams(self) -> None:
        """Raises ConfigurationError with a line for each upstream that is named and not declared."""
        problems = [
            f"{self.where}: {line}: there is no upstream '{name}'{near(name, self.sources)}"
            for name, line in self._named()
            if name not in self.sources
        ]
        if problems:
            raise ConfigurationError("\n".join(dict.fromkeys(problems)))

    def _named(self) -> Iterator[tuple[str, str]]:
        """Each upstream that is named, and where."""
        for link in self.links:
            yield from ((name, f"link {link}") for name in (link.upstream, link.to))
        for merge in self.merges:
            yield from ((name, f"merge {merge}") for name, _ in merge.types)
        yield from ((key[0], f"rename {'.'.join(key)}") for key in self.rename)
        yield from ((key[0], f"hide {'.'.join(key)}") for key in self.hide)


def unique(pairs: Iterable[tuple[str, OpenApi | Wsdl]], where: str) -> dict[str, OpenApi | Wsdl]:
    """The pairs as a mapping. Raises ConfigurationError for a name that comes twice."""
    found: dict[str, OpenApi | Wsdl] = {}
    for name, source in pairs:
        if name in found:
            raise ConfigurationError(f"{where}: two upstreams are called '{name}'")
        found[name] = source
    return found


def _target(text: str, where: str) -> tuple[str, ...]:
    """What a dotted text names."""
    parts = tuple(text.strip().split("."))
    if len(parts) not in _PARTS or not all(map(_NAME.fullmatch, parts)):
        raise ConfigurationError(f"{where}: expected {' or '.join(_PARTS.values())}")
    return parts
