"""Plain text as simple HTML, for mail programs that show nothing else well. Pure."""

import html
import re

_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}")
_TRAILING = ".,;:!?)]}»”"
_QUOTED = re.compile(r"^> ?")


def text_to_html(text: str) -> str:
    """Return a small HTML document that says the same: paragraphs, line breaks, links, quoted lines as quotation."""
    blocks = []
    quoted: list[str] = []
    plain: list[str] = []
    for line in [*text.split("\n"), None]:
        is_quoted = line is not None and line.startswith(">")
        if quoted and not is_quoted:
            blocks.append(f"<blockquote>{_paragraphs(quoted)}</blockquote>")
            quoted = []
        if plain and (is_quoted or line is None):
            blocks.append(_paragraphs(plain))
            plain = []
        if line is not None:
            (quoted if is_quoted else plain).append(_QUOTED.sub("", line) if is_quoted else line)
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{"".join(blocks)}</body></html>'


def _paragraphs(lines: list[str]) -> str:
    parts = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    return "".join(f"<p>{_inline(part)}</p>" for part in parts if part.strip())


def _inline(text: str) -> str:
    found = []
    end = 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(_TRAILING)
        found.append(html.escape(text[end : match.start()]))
        found.append(f'<a href="{html.escape(address)}">{html.escape(address)}</a>')
        end = match.start() + len(address)
    found.append(html.escape(text[end:]))
    return "".join(found).replace("\n", "<br>\n")
