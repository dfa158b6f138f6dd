"""A quote as PDF: what to expect, then the price sheet it stands on. Reads only."""

from typing import Any

from billing.documents.price_sheet import sheet_hash, sheet_texts
from billing.documents.sheet_pdf import sheet_pdf
from billing.documents.sheet_wording import SheetWording
from billing.models import Quote
from billing.quote_figures import estimate_in
from billing.terms_document import parse_terms


def quote_pdf(*, quote: Quote, language: str) -> bytes:
    """Return a quote as PDF/A-3; once it is sent, the same bytes whenever it is made."""
    words = SheetWording(language)
    if quote.sheet:
        texts, digest = quote.sheet["texts"][language], quote.content_hash
    else:
        texts = sheet_texts(terms=parse_terms(document=quote.tariff_version.document), language=language)
        digest = sheet_hash(sheet=quote.estimate)
    return sheet_pdf(
        texts=texts,
        title=words.say("quote"),
        number=f"{quote.number} · {words.say('version', number=quote.version)}",
        content_hash=digest,
        seller=quote.seller.get("legal_name", quote.issuer.legal_name),
        facts=[
            (words.say("client"), quote.buyer.get("legal_name", quote.account.legal_name or quote.account.name)),
            (words.say("starts"), words.day(on=quote.starts_on)),
            (words.say("valid_until"), words.day(on=quote.valid_until)),
            (words.say("billed_each"), texts["cycle"]),
            *([("", quote.note)] if quote.note else []),
        ],
        estimate=_estimate(estimate_in(quote=quote, language=language), words),
        at=quote.sent_at or quote.changed_at,
    )


def _estimate(estimate: dict[str, Any], words: SheetWording) -> list[dict[str, Any]]:
    currency, usual, total = estimate["currency"], estimate["usual"], estimate["total"]

    def money(amount: str) -> str:
        return words.money(amount=amount, currency=currency)

    def ranged(told: dict[str, Any]) -> str:
        return f"{money(told['low'])} \u2026 {money(told['high'])}"

    heads = [f"{words.say('estimate')}, {words.say('before_tax')}", words.say("expected"), words.say("low_high")]
    rows = [[line["name"], money(line["amount"]), ranged(line)] for line in usual["lines"]]
    rows.append([words.say("typical"), money(usual["net"]), ranged(usual)])
    rows.append([words.say("first"), money(estimate["first"]["net"]), ""])
    rows.append([words.say("all_periods", count=total["periods"]), money(total["net"]), ranged(total)])
    return [{"title": words.say("estimate"), "heads": heads, "rows": rows, "note": words.say("estimate_note")}]
