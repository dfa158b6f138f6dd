"""The list of contacts as CSV, streamed."""

import csv
from collections.abc import Iterator

from contactcenter.dashboards.portal_costs import contact_costs
from contactcenter.dashboards.portal_queries import ContactFilter, Place, contact_page
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account

EXPORT_PAGE = 500


class _Line:
    """A file that hands back each line csv writes."""

    def write(self, text: str) -> str:
        return text


COLUMNS = (
    "started_at",
    "ended_at",
    "channel",
    "direction",
    "contact",
    "point",
    "ticket",
    "operator",
    "outcome",
    "disposition",
    "wait_ms",
    "talk_ms",
    "hold_ms",
    "wrap_ms",
    "focus_ms",
    "open_ms",
    "amount",
    "currency",
)


def contacts_csv(*, account: Account, wanted: ContactFilter) -> Iterator[str]:
    """Yield the list of contacts as lines of CSV, page by page, so that memory does not grow with the list."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    after: Place | None = None
    while True:
        # the response is streamed after the middleware has closed its scope
        with open_account(account.pk):
            rows, after = contact_page(wanted=wanted, after=after, size=EXPORT_PAGE)
            costs = contact_costs(account=account, rows=rows)
        for row in rows:
            amount, currency = costs.get(row.place, ("", ""))
            yield writer.writerow(
                [
                    row.started_at.isoformat(),
                    row.ended_at.isoformat() if row.ended_at else "",
                    row.channel,
                    row.direction,
                    inert(text=row.contact_name),
                    inert(text=row.contact_point),
                    row.ticket_number or "",
                    inert(text=row.operator or ""),
                    row.outcome,
                    inert(text=row.disposition or ""),
                    "" if row.wait_ms is None else row.wait_ms,
                    *(row.times[name] for name in ("talk_ms", "hold_ms", "wrap_ms", "focus_ms", "open_ms")),
                    amount,
                    currency,
                ]
            )
        if after is None:
            return


def inert(*, text: str) -> str:
    """Return text that a spreadsheet will not run as a formula (OWASP, CSV injection); plain numbers stay."""
    if text[:1] in ("=", "@", "\t", "\r") or (text[:1] in ("+", "-") and not text[1:].replace(" ", "").isdigit()):
        return f"'{text}"
    return text
