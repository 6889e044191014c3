"""The mutant: a writer that says "stored" first and commits a moment later.

`SlowCommit` takes as long and keeps the order, so that whatever tells the two apart is the order alone. What
is not a store is written as ever: a kill while records are written would show nothing of the order.
"""

from __future__ import annotations

import sqlite3
import time

from patchbay.inbox.writer import Job, Writer

PAUSE_SECONDS = 0.02


class AckBeforeCommit(Writer):
    def _perform(self, group: list[Job]) -> None:
        if not group[0].shared:
            super()._perform(group)
            return
        self._connection.execute("BEGIN IMMEDIATE")
        results = [job.work(self._connection) for job in group]
        self._tell(self._succeed, group, results)
        time.sleep(PAUSE_SECONDS)
        self._connection.execute("COMMIT")


class SlowCommit(Writer):
    def _perform(self, group: list[Job]) -> None:
        if group[0].shared:
            # Its future belongs to nobody; counted, because it is subtracted with the others.
            group = [*group, Job(_pause, shared=True, done=self._loop.create_future())]
            self._waiting += 1
        super()._perform(group)


def _pause(_: sqlite3.Connection) -> None:
    time.sleep(PAUSE_SECONDS)
