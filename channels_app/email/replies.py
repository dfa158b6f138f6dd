"""What the person wrote, cut out of a reply that quotes earlier mails and ends with a signature.

Only whole lines at certain marks are cut; where nothing certain is found, or nothing would be left, all text stays.
"""

from channels_app.email.html import QUOTE_END, QUOTE_MARK, unmarked
from channels_app.email.reply_marks import (
    ATTRIBUTION_START,
    DASHED_ATTRIBUTION,
    DATED,
    FORWARDED,
    GMAIL_SHORT,
    HEADER_LINE,
    INLINE_ATTRIBUTION,
    NAMED_ATTRIBUTION,
    RULE,
    SENT_FROM,
    SEPARATOR,
    SIGNATURE,
    TELLING,
    VERBLESS_ATTRIBUTION,
    is_attribution,
)

MAX_LINES = 5_000
MAX_INTRODUCTION_LINES = 6
MAX_INTRODUCTION = 400  # characters of a line that introduces a quotation; longer lines are prose


def cut_reply(text: str) -> str:
    """Return the part of `text` that its author wrote: without quotations, attributions and signature.

    `text` may carry `QUOTE_MARK` and `QUOTE_END` (from html_to_text) around quotations. A mail that only forwards gives
    what it forwards; a mail of which nothing would be left is returned whole.
    """
    lines = _lines(text)
    text = unmarked(text)
    start, end = _quotation(lines)
    if start is None:
        kept = _without_trailing_quotes(lines)
    elif any(line.strip() and not line.startswith(">") for line in lines[:start]):
        after = _reply_after_quote(lines[end:])
        kept = _without_trailing_quotes(lines[:start]) + after
    elif start < len(lines) and FORWARDED.match(lines[start]):
        kept = _after_headers(lines[end:])
    else:
        kept = _below(lines[end:])
    kept = _without_signature(kept)
    reply = "\n".join(kept).rstrip().lstrip("\n")
    return reply if reply.strip() else text.strip("\n").rstrip()


def _lines(text: str) -> list[str]:
    """Return the lines of `text`, those of marked quotations with `>`, unless all of it is quoted."""
    if QUOTE_MARK not in text:
        text = unmarked(text)
        return text.split("\n", MAX_LINES)[:MAX_LINES]
    lines = text.split("\n", MAX_LINES)[:MAX_LINES]
    quoted = False
    outside = 0
    out = []
    for line in lines:
        if QUOTE_MARK in line or QUOTE_END in line:
            quoted = line.rfind(QUOTE_MARK) > line.rfind(QUOTE_END)
            line = unmarked(line)
        outside += not quoted and bool(line.strip())
        out.append(f"> {line}" if quoted and line.strip() else line)
    return out if outside else [unmarked(line) for line in lines]


def _quotation(lines: list[str]) -> tuple[int | None, int]:
    """Return the index of the first line that begins a quotation, and of the first line after its introduction."""
    for index, line in enumerate(lines):
        if len(line) > MAX_INTRODUCTION or not TELLING.search(line):
            continue
        if SEPARATOR.match(line) or DASHED_ATTRIBUTION.match(line):
            return index, index + 1
        inline = INLINE_ATTRIBUTION.search(line)
        if inline and line[: inline.start()].strip():
            lines[index] = line[: inline.start()]
            return index + 1, index + 1
        if GMAIL_SHORT.match(line) or VERBLESS_ATTRIBUTION.match(line):
            return index, index + 1
        length = _attribution_length(lines, index)
        if length:
            return index, index + length
        if _is_header_block(lines, index):
            return index, _after_block(lines, index)
    return None, len(lines)


def _attribution_length(lines: list[str], index: int) -> int:
    """Return how many lines, from `index`, say who wrote what follows and when; 0 where they are prose."""
    line = lines[index]
    ends = line.rstrip().endswith((":", "："))
    if ends and NAMED_ATTRIBUTION.match(line):
        return 1
    opens = bool(ATTRIBUTION_START.match(line) or DATED.search(line))
    if ends and opens and is_attribution(line):
        return int(_is_told_exactly(line) or _is_quoted(lines, index + 1))
    if not opens or not ("@" in line or any(map(str.isdigit, line))):
        return 0
    dated = bool(DATED.search(line))
    pieces = [line.rstrip()]
    for length, following in enumerate(lines[index + 1 : index + MAX_INTRODUCTION_LINES], start=2):
        following = following.strip()
        # no blank line within, unless the date stands before it
        if not following and not dated:
            return 0
        if following.startswith(">") and not line.startswith(">") and len(following) > 1:
            following = following.lstrip("> ")
        pieces.append(following)
        if sum(map(len, pieces)) > 500:
            return 0
        if following.endswith((":", "：")) and _introduces(pieces):
            # the sentence before an introduction may begin like one
            if any(DATED.search(pieces[later]) and _introduces(pieces[later:]) for later in range(1, length)):
                return 0
            joined = " ".join(pieces)
            return length if _is_told_exactly(joined) or _is_quoted(lines, index + length) else 0
    return 0


def _introduces(pieces: list[str]) -> bool:
    joined = " ".join(pieces)
    return bool(
        (ATTRIBUTION_START.match(joined) or DATED.search(pieces[0]))
        and (is_attribution(joined) or VERBLESS_ATTRIBUTION.match(joined))
    )


def _is_told_exactly(line: str) -> bool:
    """Tell whether a line names an address, a year or the time of day, as programs do; people write "on Monday"."""
    return "@" in line or bool(DATED.search(line))


def _is_quoted(lines: list[str], index: int) -> bool:
    """Tell whether what follows stands behind `>`."""
    following = next((line for line in lines[index : index + 4] if line.strip()), "")
    return following.lstrip().startswith(">")


def _is_header_block(lines: list[str], index: int) -> bool:
    """Tell whether two different header lines of a quoted mail stand within the next lines, at least one telling."""
    if not (":" in lines[index] or "：" in lines[index]) or not HEADER_LINE.match(lines[index]):
        return False
    names = set()
    for line in lines[index : index + 6]:
        match = HEADER_LINE.match(line)
        if match:
            names.add(match.group("name").lower())
    return len(names) >= 2 and (len(names) >= 3 or "@" in " ".join(lines[index : index + 6]))


def _after_block(lines: list[str], index: int) -> int:
    for end in range(index, min(index + 14, len(lines))):
        if not lines[end].strip():
            return end
    return min(index + 4, len(lines))


def _after_headers(lines: list[str]) -> list[str]:
    """Drop the header lines, with their continuations, at the head of a forwarded mail."""
    for index, line in enumerate(lines):
        if not line.strip() and index and any(HEADER_LINE.match(before) for before in lines[:index]):
            return lines[index:]
    return lines


def _reply_after_quote(lines: list[str]) -> list[str]:
    """Return what follows a fully `>`-quoted block: a reply on both sides of the quotation."""
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None or not lines[first].startswith(">"):
        return []
    last = max(index for index, line in enumerate(lines) if line.startswith(">"))
    rest = lines[last + 1 :]
    if not any(line.strip() for line in rest) or rest[0].strip():
        return []
    return rest


def _below(lines: list[str]) -> list[str]:
    """Return the reply under a quotation that stands first."""
    if any(line.startswith(">") for line in lines):
        return [line for line in lines if not line.startswith(">")]
    return lines


def _without_trailing_quotes(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    for index, line in enumerate(lines):
        if len(line) > MAX_INTRODUCTION:
            continue
        if (SIGNATURE.match(line) or SENT_FROM.match(line)) and any(item.strip() for item in lines[:index]):
            lines = lines[:index]
            break
    end = len(lines)
    while end and (not lines[end - 1].strip() or RULE.match(lines[end - 1])):
        end -= 1
    return lines[:end]


def without_armour(text: str) -> str:
    """Return a text signed by PGP in line (RFC 4880 7) without the lines that only carry the signature."""
    if not text.lstrip().startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        return text
    signed = text.partition("\n\n")[2].partition("-----BEGIN PGP SIGNATURE-----")[0]
    lines = (line.removeprefix("- ") for line in signed.split("\n"))
    return "\n".join(lines).strip("\n").rstrip() or text
