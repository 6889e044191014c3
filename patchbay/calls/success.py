"""Which answers are none of those that were asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from patchbay.calls.rate_headers import retry_after_seconds
from patchbay.errors import UpstreamQuota, UpstreamRefused, UpstreamUnavailable

if TYPE_CHECKING:
    from patchbay.calls.call import Reply


def require_success(source: str, reply: Reply) -> None:
    """Turn a status other than 2xx into its error.

    Raises:
        UpstreamUnavailable: 5xx.
        UpstreamQuota: 429.
        UpstreamRefused: any other.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004 - the bounds of the class 2xx
        return
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UpstreamUnavailable(source, f"answered HTTP {reply.status}")
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise UpstreamQuota(source, retry_after_seconds(reply.headers))
    raise UpstreamRefused(source, reply.status)
