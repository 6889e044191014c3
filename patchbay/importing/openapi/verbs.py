"""Words that say what an operation does, as far as names need them."""

from __future__ import annotations

from typing import Final

PLAIN: Final = frozenset(
    "accept activate approve archive assign authorize block calculate cancel capture claim clear clone close "
    "complete confirm connect convert decline deactivate deny disable disconnect dismiss enable end execute "
    "expire export fail finalize find flush follow fork generate hide import increment initialize initiate "
    "invalidate invite join kick leave like link lock log login logout lookup merge mute notify "
    "pause pay pin ping poll post preview process promote publish purge push reactivate read rebuild "
    "recalculate redeliver refresh regenerate register reject release remove rename reopen replay reply "
    "resend "
    "reset resolve restart restore resume retry revert revoke rotate run schedule search send set share "
    "show sign signup simulate skip snooze split start stop submit subscribe succeed suspend sync "
    "terminate test transition trigger unarchive unassign unblock unfollow unhide unlike unlink unlock "
    "unmute "
    "unpin unpublish unsubscribe update upload validate verify void vote watch withdraw "
    "add apply attach detach mark move copy download batch bulk unschedule replicate create delete edit "
    "replace".split()
)
"""Verbs that stand last in a path, or last in an id."""

NOUNS_FIRST: Final = frozenset("test batch bulk search log login post release process poll like".split())
"""Of those: what is no deed as the first of several words ("test-helper", "login-attempt")."""

NOUNS_TOO: Final = NOUNS_FIRST | frozenset(
    "import export check sync upload download archive copy share link reply schedule split vote watch block "
    "preview follow lock refresh".split()
)
"""Of those: what is no deed before a plural ("upload-links")."""

AFTER_ONE: Final = frozenset("return refund ship reverse charge request order".split())
"""Verbs only where one of something comes before: /orders/{id}/refund."""

READING: Final = frozenset("search find lookup export download query scan list count preview".split())
"""Verbs of a path's end that GET may have."""

GETTING: Final = frozenset("get fetch retrieve show read find load view".split())
LISTING: Final = frozenset("list index all query".split())
CREATING: Final = frozenset("create insert post store new".split())
UPDATING: Final = frozenset("update patch edit modify".split())
REPLACING: Final = frozenset("put replace".split())
DELETING: Final = frozenset("delete destroy remove del".split())

CRUD: Final = GETTING | LISTING | CREATING | UPDATING | REPLACING | DELETING
METHODS: Final = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"))
"""HTTP's, as OpenAPI has them (query: 3.2)."""

FIRST: Final = PLAIN | CRUD | frozenset("check count describe fetch put patch retrieve".split())
"""Verbs that stand first in an id of the form verb and noun."""
