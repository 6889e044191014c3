"""The mutant: a writer that says "stored" first and commits a moment later.

What is no store is written as ever: a kill while records are written would show nothing of the order.
"""

from __future__ import annotations

import time

from patchbay.inbox.database.writer import Job, Writer

PAUSE_SECONDS = 0.02


class AckBeforeCommit(Writer):
    def _perform(self, group: list[Job]) -> None:
        if not group[0].shared:
            super()._perform(group)
            return
        connection = self._connected()
        connection.begin()
        results = group[0].work(connection, [job.item for job in group])
        self._tell(self._succeed, group, results)
        time.sleep(PAUSE_SECONDS)
        connection.commit()
