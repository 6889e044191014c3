"""`python -m tests.importing.stripe FOLDER`: what Stripe's description costs, from a copy if one is kept."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from patchbay.collector import paused_collector
from patchbay.importing.build import Part, build_graph
from patchbay.importing.cache import CompiledCopies
from patchbay.importing.compile import REST, Description, compile_description
from patchbay.importing.rest import ImportedRest
from patchbay.server import Settings, create_app
from tests.importing.specs import openapi


class Cost(msgspec.Struct):
    """Seconds of the processor from the file to an application that only has to listen; see Compiled."""

    seconds: float
    from_copy: bool
    most_bytes: int


def main(folder: Path) -> Cost:
    """What it costs in this process, as `patchbay serve` does it."""
    started = time.process_time()
    with paused_collector():
        described = Description("stripe", REST, str(openapi("apis-guru-npm/stripe.com.json")))
        compiled = asyncio.run(compile_description(described, copies=CompiledCopies(folder)))
        graph = build_graph([Part(compiled.model, ImportedRest(compiled.model))])
        create_app(upstreams=graph.upstreams, schema=graph.schema, settings=Settings.read({}), environment={})
    seconds = time.process_time() - started
    return Cost(seconds, compiled.from_copy, _most_bytes())


def _most_bytes() -> int:
    """Of memory, that this process had; rusage begins with what its parent had."""
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(main(Path(sys.argv[1]))).decode())
