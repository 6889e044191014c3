"""What parameters and members of answers are called where lists come in pages.

All names are without case and signs (see rows.plain): "page[size]" is pagesize.
"""

from __future__ import annotations

import re
from typing import Final

CURSORS: Final = tuple(
    "cursor pagecursor nextcursor startcursor pagetoken nexttoken nextpagetoken paginationtoken "
    "continuationtoken continuation starttoken startingafter startafter after aftercursor aftertoken "
    "pageafter "
    "marker scrollid bookmark nextpage pagestart exclusivestartkey page".split()
)
PAGES: Final = tuple("page pagenumber pageno pagenum pageindex currentpage pagenr".split())
OFFSETS: Final = tuple(
    "offset pageoffset skip startindex startat startrow firstresult start from startposition".split()
)
VAGUE: Final = frozenset(("start", "from", "startposition", "after", "marker", "nextpage"))
"""Names that say something else as often: these need a size beside them, or what the answer says."""
SIZES: Final = tuple(
    "limit perpage pagesize pagelimit take top maxresults resultsperpage itemsperpage maxitems "
    "maxpagesize size "
    "count rows numresults pagecount results num max first amount".split()
)
TOTALS: Final = tuple(
    "total totalcount totalitems totalresults totalrecords totalelements totalhits totalsize totalnumber "
    "totalrows recordcount itemcount numfound totalentries resultscount".split()
)
MORE: Final = tuple(
    "hasmore hasnext hasnextpage more moreresults hasmoreresults hasmoreitems morerecords istruncated "
    "hasmorepages".split()
)
NEXT_TOKENS: Final = tuple(
    "nextcursor nextpagetoken nexttoken nextpagecursor nextcontinuationtoken continuationtoken continuation "
    "nextmarker endcursor cursor after paginationtoken scrollid bookmark nextpagestart nextpage next "
    "pagetoken "
    "cursornext lastevaluatedkey marker".split()
)
SURE_ADDRESSES: Final = tuple(
    "nextlink odatanextlink nexturl nexturi nextpageurl nextpageuri nextpagelink nexthref".split()
)
NEXT_ADDRESSES: Final = (*SURE_ADDRESSES, "next", "nextpage")
ZERO: Final = re.compile(
    r"(?i)(zero|0)[- ](based|indexed)"
    r"|(starts?|starting|begins?|beginning|indexed)\s+(at|from|with)\s+(0|zero)\b"
    r"|\(0\s*(\.\.|-)\s*n\)|first page is (0|zero)\b"
)
MOST: Final = re.compile(
    r"(?i)between\s+`?\d+`?\s+and\s+`?([\d,]+)"
    r"|max(?:imum)?(?:\s+(?:value|allowed|number|limit|size|page size|is|of|per page))*\s*[:=]?\s*`?([\d,]+)"
    r"|up to\s+`?([\d,]+)|no more than\s+`?([\d,]+)|cannot exceed\s+`?([\d,]+)"
)
LINK: Final = re.compile(r"(?i)\blink\b[- ]header|rel=\\?[\"']?next|header `?link`?\b")
COUNTED: Final = re.compile(r"(?i)\b(number of|how many|maximum|page number)\b")
USUAL_MOST: Final = 100
GREATEST: Final = 100_000
