"""`python tests/corpus.py DIR`: what an import makes of every description in a folder, and the totals.

    ok       shop.yaml   12/12 operations, 40 types  0.021 s (0.009 s again)  190 MB
    partial  old.yaml     9/10 operations, 31 types  0.018 s (0.008 s again)  190 MB  /paths/~1a/get: ...
    failed   notes.yaml    0/0 operations, 0 types   0.001 s (0.000 s again)  188 MB  notes.yaml: ...

Each is imported in a process of its own, forked from one that has imported everything, with bounds of time
and memory. `ok` and `partial` mean that the schema was built, is valid by graphql-core and answers the
introspection query. Seconds are from the file to the schema; "again" is from the compiled copy to the schema.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import re
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import structlog

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from graphql import (  # noqa: E402 - behind the path
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_introspection_query,
    get_named_type,
    validate_schema,
)

from patchbay.errors import ConfigurationError, PatchbayError  # noqa: E402
from patchbay.importing.build import BuiltGraph, Part, build_graph  # noqa: E402
from patchbay.importing.compile import REST, SOAP, Description, compile_offline  # noqa: E402
from patchbay.importing.model import Model, Severity, decode_model, encode_model  # noqa: E402
from patchbay.importing.rest import ImportedRest  # noqa: E402
from patchbay.importing.soap import ImportedSoap  # noqa: E402
from patchbay.server.schema import GraphSchema  # noqa: E402

SUFFIXES = (".json", ".yaml", ".yml", ".wsdl", ".xml")
MOST_SECONDS = 60
MOST_BYTES = 4 * 1024**3
LONGEST_NAME = 60
SHOWN_REASONS = 3

DECLARED = re.compile(rb"""(?:^|[{,])\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?[0-9]""", re.MULTILINE)
"""Also where the word stands at the end of a JSON document, as its members come in any order."""

OUTCOMES = ("ok", "partial", "failed")


class Seen(msgspec.Struct, omit_defaults=True):
    """What came of one description; seconds of the work alone, memory of the whole process at its peak."""

    path: str
    outcome: str = "failed"
    kind: str = ""
    mapped: int = 0
    total: int = 0
    seconds: float = 0.0
    again_seconds: float = 0.0
    peak_bytes: int = 0
    types: int = 0
    positional: int = 0
    longest_name: int = 0
    out_fields: int = 0
    out_json: int = 0
    in_fields: int = 0
    in_json: int = 0
    paging: int = 0
    batches: int = 0
    reasons: list[str] = []

    def line(self) -> str:
        """As it is printed."""
        shown = "; ".join(self.reasons[:SHOWN_REASONS])
        more = f" (and {len(self.reasons) - SHOWN_REASONS} more)" if len(self.reasons) > SHOWN_REASONS else ""
        return (
            f"{self.outcome:<8} {self.path}  {self.mapped}/{self.total} operations, {self.types} types  "
            f"{self.seconds:.3f} s ({self.again_seconds:.3f} s again)  {self.peak_bytes / 1e6:.0f} MB  "
            f"{shown}{more}".rstrip()
        )


def look_at(path: Path, shown: str, folder: Path) -> Seen:
    """Import one description in this process. `folder`: where all lie."""
    seen = Seen(shown)
    started = time.perf_counter()
    try:
        model = compile_offline(Description("api", SOAP if is_wsdl(path) else REST, str(path), folder=folder))
        schema = graph_of(model).schema
    except (ConfigurationError, PatchbayError) as error:
        seen.reasons = [" ".join(str(error).split())]
        return seen
    finally:
        seen.seconds = time.perf_counter() - started
    copy = encode_model(model)
    started = time.perf_counter()
    graph_of(decode_model(copy))
    seen.again_seconds = time.perf_counter() - started
    _note_model(seen, model)
    _note_schema(seen, schema.graphql_schema)
    problems = [*map(str, validate_schema(schema.graphql_schema)), *_introspected(schema)]
    left_out = [each for each in model.problems if each.severity is Severity.LEFT_OUT]
    seen.reasons = problems or [f"{each.at}: {each.reason}" for each in left_out]
    if not problems:
        seen.outcome = "ok" if seen.mapped >= seen.total else "partial"
    return seen


def graph_of(model: Model) -> BuiltGraph:
    """The graph of one upstream, whose calls would go nowhere."""
    upstream = ImportedRest(model) if model.kind == REST else ImportedSoap(model, address="API_URL")
    return build_graph([Part(model, upstream)])


def _note_model(seen: Seen, model: Model) -> None:
    seen.kind = model.kind
    seen.mapped, seen.total = len(model.operations), model.offered
    seen.types = len(model.types)
    names = [*model.types, *(each.name for each in model.operations)]
    seen.longest_name = max(map(len, names), default=0)
    seen.positional = sum(_is_positional(name, model.types) for name in model.types)
    seen.paging = sum(each.paging is not None for each in model.operations)
    seen.batches = sum(each.batching is not None for each in model.operations)


def _is_positional(name: str, names: Iterable[str]) -> bool:
    """Whether nothing but a number tells the name from another: Order2 beside Order, or Order_0_items."""
    plain = name.rstrip("0123456789")
    return plain != name and (plain.endswith("_") or (plain in names and not re.search(r"[vV]$", plain)))


def _note_schema(seen: Seen, schema: GraphQLSchema) -> None:
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType):
            seen.out_fields += len(type_.fields)
            seen.out_json += sum(get_named_type(each.type).name == "JSON" for each in type_.fields.values())
        elif isinstance(type_, GraphQLInputObjectType):
            seen.in_fields += len(type_.fields)
            seen.in_json += sum(get_named_type(each.type).name == "JSON" for each in type_.fields.values())


def _introspected(schema: GraphSchema) -> list[str]:
    result = asyncio.run(schema.execute(get_introspection_query()))
    return [str(error) for error in result.errors or ()]


# ------------------------------------------------------------------------------------ a process for each


def _child(path: Path, folder: Path, answers: Connection) -> None:
    shown = str(path.relative_to(folder))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    try:
        seen = look_at(path, shown, folder)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what this description does
        seen = Seen(shown, reasons=[f"{type(error).__name__}: {error}"[:300]])
    seen.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answers.send_bytes(msgspec.json.encode(seen))


def imported(path: Path, folder: Path) -> Seen:
    """What came of a description in a process of its own; it may refer to all that lies in the folder."""
    shown = str(path.relative_to(folder))
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(path, folder, theirs))
    child.start()
    theirs.close()
    try:
        if not mine.poll(MOST_SECONDS):
            return Seen(shown, seconds=MOST_SECONDS, reasons=[f"took more than {MOST_SECONDS} s"])
        return msgspec.json.decode(mine.recv_bytes(), type=Seen)
    except EOFError:
        return Seen(shown, reasons=["the process ended"])
    finally:
        child.kill()
        child.join()


def descriptions(folder: Path) -> list[Path]:
    """The files that are descriptions by their text; those that others import are not among them."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return [path for path in files if "_catalog" not in path.parts and _is_description(path)]


def is_wsdl(path: Path) -> bool:
    """Whether it is a WSDL by its text."""
    start = path.read_bytes()[:200_000]
    return b"definitions" in start and b"schemas.xmlsoap.org/wsdl" in start and b"<" in start[:100]


def _is_description(path: Path) -> bool:
    if is_wsdl(path):
        # A part that others import has no messages of its own to send.
        return b"portType" in path.read_bytes()
    return DECLARED.search(path.read_bytes()) is not None


# ------------------------------------------------------------------------------------------------- totals


def totals(all_seen: Sequence[Seen]) -> list[str]:
    """What all come to, as lines."""
    outcomes = Counter(each.outcome for each in all_seen)
    served = [each for each in all_seen if each.outcome != "failed"]
    mapped, total = sum(each.mapped for each in all_seen), sum(each.total for each in all_seen)
    types, positional = (sum(getattr(each, name) for each in served) for name in ("types", "positional"))
    lines = [
        f"{len(all_seen)} descriptions: " + ", ".join(f"{outcomes[each]} {each}" for each in OUTCOMES),
        f"operations: {mapped} of {total} = {_share(mapped, total)}",
        f"types: {types}, named by position: {positional} = {_share(positional, types)}",
        f"longest name: {max((each.longest_name for each in served), default=0)} characters",
        f"JSON scalars: {_json_share(served, 'out')} of output, {_json_share(served, 'in')} of input fields",
        f"operations with pages: {sum(each.paging for each in served)}",
        f"operations with batches of keys: {sum(each.batches for each in served)}",
    ]
    if served:
        lines += [
            f"seconds: {_quantiles([each.seconds for each in served])}",
            f"seconds again, from the compiled copy: {_quantiles([each.again_seconds for each in served])}",
            f"peak memory of the process: {max(each.peak_bytes for each in served) / 1e6:.0f} MB",
        ]
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "none"


def _json_share(served: Sequence[Seen], way: str) -> str:
    part = sum(getattr(each, f"{way}_json") for each in served)
    return _share(part, sum(getattr(each, f"{way}_fields") for each in served))


def _quantiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    at_95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):.3f}, 95 % {at_95:.3f}, max {ordered[-1]:.3f}"


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 when a description failed."""
    parser = argparse.ArgumentParser(prog="python tests/corpus.py", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="a JSON object a line, in place of text")
    parser.add_argument("--only", default="", metavar="TEXT", help="only paths that hold this text")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    all_seen = []
    for path in descriptions(options.folder):
        shown = str(path.relative_to(options.folder))
        if options.only not in shown:
            continue
        seen = imported(path, options.folder)
        all_seen.append(seen)
        print(json.dumps(msgspec.to_builtins(seen)) if options.json else seen.line(), flush=True)  # noqa: T201 - a command
    if not options.json:
        print(*totals(all_seen), sep="\n")  # noqa: T201 - as above
    return 1 if any(each.outcome == "failed" for each in all_seen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
