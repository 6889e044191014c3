"""The tables, and what leads from each version of them to the next.

Written once: `{text}`, `{int}` and so on are each database's own types. Text is ordered by its code points in
both, so that both answer in the same order.

    events       what was received, each once; its state says what became of it
    dead_letters events whose handlers failed too often
    records      the newest version of each; `body` is null where it was deleted, `seq` where it was fetched
    lookups      attributes of records to find, filter and order them by; `rank` is ordered as the values are
    kinds        which attributes the lookups of a kind of record have
    changes      each version of a record as it came to be, in the order of `position`
    reactions    chains of steps that an event has set off, each once for its cause
    steps        their steps, in the order of `place`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIRST = """
CREATE TABLE events (
    seq         {serial},
    upstream    {text} NOT NULL,
    event_id    {text} NOT NULL,
    type        {text},
    delivery    {text},
    received_at {float} NOT NULL,
    body        {bytes},
    body_hash   {text} NOT NULL,
    state       {text} NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'ignored', 'dead')),
    attempts    {int} NOT NULL DEFAULT 0,
    try_at      {float} NOT NULL DEFAULT 0,
    error       {text},
    UNIQUE (upstream, event_id)
);
CREATE INDEX events_new ON events (seq) WHERE state = 'new';
CREATE INDEX events_body ON events (upstream, body_hash, seq);
CREATE INDEX events_received ON events (received_at);
CREATE TABLE dead_letters (
    seq         {int} PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
    attempts    {int} NOT NULL,
    error       {text} NOT NULL,
    failed_at   {float} NOT NULL
);
CREATE TABLE records (
    kind        {text} NOT NULL,
    key         {text} NOT NULL,
    version     {int} NOT NULL,
    body        {bytes},
    as_of       {float} NOT NULL,
    checked_at  {float} NOT NULL,
    seq         {int},
    PRIMARY KEY (kind, key)
);
CREATE INDEX records_seq ON records (seq);
CREATE TABLE lookups (
    kind        {text} NOT NULL,
    attribute   {text} NOT NULL,
    value       {text} NOT NULL,
    rank        {text} NOT NULL,
    key         {text} NOT NULL,
    version     {int} NOT NULL,
    PRIMARY KEY (kind, key, attribute),
    FOREIGN KEY (kind, key) REFERENCES records (kind, key) ON DELETE CASCADE ON UPDATE CASCADE
) {without_rowid};
CREATE INDEX lookups_value ON lookups (kind, attribute, value, version, key);
CREATE INDEX lookups_rank ON lookups (kind, attribute, rank, key);
CREATE TABLE kinds (
    kind        {text} PRIMARY KEY,
    attributes  {text} NOT NULL
) {without_rowid};
CREATE TABLE changes (
    position    {serial},
    kind        {text} NOT NULL,
    key         {text} NOT NULL,
    version     {int} NOT NULL,
    body        {bytes},
    as_of       {float} NOT NULL
);
CREATE INDEX changes_kind ON changes (kind, position);
CREATE TABLE reactions (
    id          {serial},
    reaction    {text} NOT NULL,
    upstream    {text} NOT NULL,
    cause       {text} NOT NULL,
    event_id    {text} NOT NULL,
    input       {bytes} NOT NULL,
    state       {text} NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'in_doubt')),
    created_at  {float} NOT NULL,
    ended_at    {float},
    UNIQUE (reaction, upstream, cause)
);
CREATE INDEX reactions_running ON reactions (id) WHERE state = 'running';
CREATE TABLE steps (
    reaction_id {int} NOT NULL REFERENCES reactions (id) ON DELETE CASCADE,
    place       {int} NOT NULL,
    name        {text} NOT NULL,
    state       {text} NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'running', 'done', 'failed', 'in_doubt')),
    attempts    {int} NOT NULL DEFAULT 0,
    try_at      {float} NOT NULL DEFAULT 0,
    result      {bytes},
    error       {text},
    started_at  {float},
    ended_at    {float},
    PRIMARY KEY (reaction_id, place)
);
"""

MIGRATIONS = (_FIRST,)
"""What leads from each version to the next; the first one from an empty database."""

SCHEMA_VERSION = len(MIGRATIONS)


def statements(version: int, types: Mapping[str, str]) -> Iterator[str]:
    """What leads from this version to SCHEMA_VERSION, one statement after the other.

    Args:
        version: that of the database; 0 where it is empty.
        types: the database's own for the names in braces.
    """
    for script in MIGRATIONS[version:]:
        yield from filter(str.strip, script.format_map(types).split(";"))


def too_new(version: int) -> str:
    """The sentence about a database of a later release."""
    return f"its schema is version {version}, and this release knows versions up to {SCHEMA_VERSION}"
