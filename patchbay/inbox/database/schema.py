"""The tables, and what leads from each version of them to the next.

Written once: `{text}`, `{int}` and so on are each database's own types. Text is ordered by its code points in
both, so that both answer in the same order. A body that may be long stands behind what is looked at without
it: SQLite reads a row from its beginning.

    events       what was received, each once; its state says what became of it. `settled_at` is when it was
                 applied or ignored for the first time: it sets off no reaction after that
    dead_letters events whose handlers failed too often
    records      the newest version of each; `body` is null where it was deleted, `seq` where it was fetched
    lookups      attributes of records to find, filter and order them by; `rank` is ordered as the values are
    kinds        which attributes the lookups of a kind of record have
    changes      each version of a record as it came to be, in the order of `position`
    reactions    chains of steps that an event has set off, each once for its cause; looked at from `try_at`
    steps        their steps, in the order of `place`; `attempts_before` were before the last retry by hand
    runs         the last run of each work that is done now and then, alive while `seen_at` moves
    api_keys     what clients prove themselves with; `digest` is of the secret, which is not kept
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
    body_hash   {text} NOT NULL,
    state       {text} NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'ignored', 'dead')),
    attempts    {int} NOT NULL DEFAULT 0,
    try_at      {float} NOT NULL DEFAULT 0,
    error       {text},
    settled_at  {float},
    body        {bytes},
    UNIQUE (upstream, event_id)
);
CREATE INDEX events_new ON events (upstream, seq) WHERE state = 'new';
CREATE INDEX events_again ON events (try_at) WHERE state = 'new' AND try_at > 0;
CREATE INDEX events_dead ON events (seq) WHERE state = 'dead';
CREATE INDEX events_body ON events (upstream, body_hash, seq);
CREATE INDEX events_received ON events (received_at, seq);
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
    position    {int} PRIMARY KEY,
    kind        {text} NOT NULL,
    key         {text} NOT NULL,
    version     {int} NOT NULL,
    as_of       {float} NOT NULL,
    logged_at   {float} NOT NULL,
    body        {bytes}
);
CREATE INDEX changes_kind ON changes (kind, position);
CREATE TABLE reactions (
    id          {serial},
    reaction    {text} NOT NULL,
    upstream    {text} NOT NULL,
    cause       {text} NOT NULL,
    event_id    {text} NOT NULL,
    state       {text} NOT NULL DEFAULT 'running'
                CHECK (state IN ('running', 'held', 'done', 'failed', 'in_doubt')),
    try_at      {float} NOT NULL DEFAULT 0,
    error       {text},
    created_at  {float} NOT NULL,
    ended_at    {float},
    input       {bytes} NOT NULL,
    UNIQUE (reaction, upstream, cause)
);
CREATE INDEX reactions_open ON reactions (state, try_at, id) WHERE state <> 'done';
CREATE INDEX reactions_state ON reactions (state, id);
CREATE INDEX reactions_ended ON reactions (ended_at) WHERE state = 'done';
CREATE TABLE steps (
    reaction_id {int} NOT NULL REFERENCES reactions (id) ON DELETE CASCADE,
    place       {int} NOT NULL,
    name        {text} NOT NULL,
    state       {text} NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'running', 'done', 'failed', 'in_doubt')),
    attempts    {int} NOT NULL DEFAULT 0,
    attempts_before {int} NOT NULL DEFAULT 0,
    error       {text},
    started_at  {float},
    ended_at    {float},
    result      {bytes},
    PRIMARY KEY (reaction_id, place)
);
CREATE TABLE runs (
    name        {text} PRIMARY KEY,
    token       {text} NOT NULL,
    state       {text} NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    started_at  {float} NOT NULL,
    seen_at     {float} NOT NULL,
    ended_at    {float},
    report      {text} NOT NULL
) {without_rowid};
"""

_API_KEYS = """
CREATE TABLE api_keys (
    id          {text} PRIMARY KEY,
    name        {text} NOT NULL,
    digest      {bytes} NOT NULL,
    scopes      {text} NOT NULL,
    created_at  {float} NOT NULL,
    expires_at  {float},
    revoked_at  {float},
    used_at     {float}
);
CREATE INDEX api_keys_created ON api_keys (created_at, id);
"""

MIGRATIONS = (_FIRST, _API_KEYS)
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
