"""A price sheet as PDF, set by typst with the fonts it carries. The same sheet gives the same bytes."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from billing.documents.wording import Wording

TEMPLATE = Path(__file__).with_name("sheet.typ")


def sheet_pdf(
    *,
    texts: Mapping[str, Any],
    number: str,
    content_hash: str,
    seller: str,
    facts: Sequence[tuple[str, str]],
    at: datetime,
    title: str = "",
    estimate: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """Return one language of a sheet (price_sheet.sheet_texts) as PDF/A-3.

    facts: names and values below the head; estimate: tables before the prices (title, heads, rows, note); at: the
    instant that the file carries, so that it is the same whenever it is made.
    """
    words = Wording(texts["language"])
    data = {
        "title": title or texts["title"],
        "number": number,
        "name": texts["name"],
        "seller": seller,
        "language": texts["language"],
        "hash": content_hash[:32],
        "hash_name": words.text("hash"),
        "page": words.text("page", page="{page}", pages="{pages}"),
        "facts": list(facts),
        "estimate": list(estimate),
        "sections": texts["sections"],
        "notes": texts["notes"],
    }
    made = typst.compile(
        TEMPLATE,
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards="a-3b",
        timestamp=int(at.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made).__name__} instead of one file")
    return made
