"""What the person wrote, cut out of a reply that quotes earlier mails and ends with a signature.

Only whole lines at certain marks are cut; where nothing certain is found, or nothing would be left, all text stays.
"""

# ruff: noqa: E501  (tables of phrases of many languages read better unbroken)

import re

from channels_app.email.html import QUOTE_MARK

MAX_LINES = 5_000
MAX_INTRODUCTION = 400  # characters of a line that introduces a quotation; longer lines are prose

_WROTE = (
    r"wrote|writes|sent|schrieb|escribió|escribio|написала?|написал\(а\)|писала?|пишет|пише|написав|написала|a\ écrit|a\ ecrit"
    r"|ha\ scritto|escreveu|schreef|geschreven|skrev|napisała?|napisał\(a\)|kirjoitti|yazdı|写道|寫道|のメール|書きました"
    r"|đã\ viết|napsala?|kirjutas|rašė|rakstīja|írta|scrisse|va\ escriure|a\ scris|έγραψε|написа|пишува|jazdi|כתב|كتب"
)
# "On <date> <somebody> wrote:" in its many forms: a date or an address, a verb, a colon at the end
_ATTRIBUTION = re.compile(
    rf"""(?ix) ^ [>\s*_-]* (?: [^\n]* (?:\d{{1,4}} | @ ) [^\n]* \b(?:{_WROTE})\b (?: [^\n:]{{0,60}} | [^\n]{{0,60}}\d{{1,2}}:\d\d [^\n:]{{0,20}} ) [:：]\s*
) $"""
)
_NAMED_ATTRIBUTION = re.compile(rf"(?i)^[^\n<>]{{2,60}}<[^\s<>]+@[^\s<>]+>\s+(?:{_WROTE})\s*:\s*$")
_DASHED_ATTRIBUTION = re.compile(r"(?i)^\s*-{2,}[^\n]{2,160}\b(?:wrote|schrieb|escribió|написал\w*)\s*-{2,}\s*$")
_ATTRIBUTION_START = re.compile(
    r"""(?ix) ^ [>\s*_-]* (?: on | at | am | le | el | il | op | den | dnia | w\ dniu | em | în | в | à | 在 | vào | tor | ma | pe | kell | dne | \d{1,4}[\s./-] |
    [^\s<>]+\ (?:via|schrieb) | (?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)[.,]
    | [^\n<>]{2,60} <[^\n<>]+@[^\n<>]+> ) """
)
# "reply On Wed, Apr 4, 2012 at 3:59 PM, bob@example.com wrote:" on the reply's own line
_INLINE_ATTRIBUTION = re.compile(r"(?:---\s*|\s)On\s+\w{3},\s[^\n]{8,160}\b(?:wrote|sent):\s*$")
_GMAIL_SHORT = re.compile(r"^\d{4}/\d{1,2}/\d{1,2}\s[^\n]{0,100}<[^\s<>]+@[^\s<>]+>\s*:?$")
_SEPARATOR = re.compile(
    r"""(?ix) ^ [>\s]* (?:
      [-_=*]{2,} \s* (?: original\ (?:message|appointment) | forwarded\ (?:message|by.*) | reply\ message | urspr(?:ü|ue)ngliche\ nachricht | weitergeleitete\ nachricht
        | mensaje\ (?:original|reenviado) | message\ d'origine | message\ original | messaggio\ (?:originale|inoltrato) | mensagem\ (?:original|encaminhada)
        | исходное\ сообщение | пересылаемое\ сообщение | пересланное\ сообщение | oorspronkelijk\ bericht | oprindelig\ meddelelse | ursprungligt\ meddelande
        | wiadomość\ oryginalna | 原始邮件 | 原始郵件 | 元のメッセージ ) \s* [-_=*]*
    | begin\ forwarded\ message\s*: | start\ der\ weitergeleiteten\ nachricht\s*: | inicio\ del\ mensaje\ reenviado\s*: | начало\ переадресованного\ сообщения\s*:
    ) \s* $"""
)
_FORWARDED = re.compile(
    r"(?ix) ^[-\s]* (?:forwarded\ message|begin\ forwarded\ message\s*:|пересылаемое\ сообщение|mensaje\ reenviado|weitergeleitete\ nachricht)"
)
_HEADER_LINE = re.compile(
    r"""(?ix) ^ [>\s*_]* (?P<name> from | sent | date | to | cc | subject | reply-to | von | gesendet | datum | an | betreff | antwort\ an
    | de | envoyé | envoye | à | objet | date | para | enviado(?:\ el)? | fecha | asunto | da | inviato | data | a | oggetto | risposta
    | от | отправлено | дата | кому | копия | тема | от\ кого | від | надіслано | van | verzonden | aan | onderwerp | fra | sendt | til | emne | från | skickat | till | ämne
    | od | wysłano | do | temat | enviada(?:\ em)? | assunto | 差出人 | 送信日時 | 宛先 | 件名 | 发件人 | 发送时间 | 收件人 | 主题 ) [*_\s]* \s? [:：] (?:\s|\*|$) """
)
_SIGNATURE = re.compile(r"^(?:--|—|– |__) ?$|^-- $")
_SENT_FROM = re.compile(
    r"""(?ix) ^ \s* (?: sent\ (?:from|via)\ (?:my\ |outlook|mail\ for|yahoo|aol|samsung|the\ |proton) | get\ outlook\ for | von\ meinem\ .{2,40}\ gesendet | gesendet\ von\ (?:mein|mail)
    | diese\ nachricht\ wurde\ von\ meinem | enviado\ (?:desde\ (?:mi|el)|do\ meu) | envoyé\ (?:de|depuis)\ mon | inviato\ da(?:l\ mio)? \ | sendt\ fra\ min | skickat\ från\ min
    | отправлено\ (?:с|из|от)\ | надіслано\ з | verstuurd\ vanaf | lähetetty | wysłane\ z | iPhoneから送信 | 发自我的 ) .{0,80} $"""
)
_RULE = re.compile(r"^\s*[_=*~#+᐀-ᐿ-]{3,}\s*$|^\s*ᐧ\s*$")


def cut_reply(text: str) -> str:
    """Return the part of `text` that its author wrote: without quotations, attributions and signature.

    `text` may carry `QUOTE_MARK` (from html_to_text) where a quotation begins. A mail that only forwards gives what it
    forwards; a mail of which nothing would be left is returned whole.
    """
    before, mark, _ = text.partition(QUOTE_MARK)
    if mark and before.strip():
        text = before
    text = text.replace(QUOTE_MARK, "")
    lines = text.split("\n", MAX_LINES)[:MAX_LINES]
    start, end = _quotation(lines)
    if start is None:
        kept = _without_trailing_quotes(lines)
    elif any(line.strip() and not line.startswith(">") for line in lines[:start]):
        after = _reply_after_quote(lines[end:])
        kept = _without_trailing_quotes(lines[:start]) + after
    elif start < len(lines) and _FORWARDED.match(lines[start]):
        kept = _after_headers(lines[end:])
    else:
        kept = _below(lines[end:])
    kept = _without_signature(kept)
    reply = "\n".join(kept).rstrip().lstrip("\n")
    return reply if reply.strip() else text.strip("\n").rstrip()


def _quotation(lines: list[str]) -> tuple[int | None, int]:
    """Return the index of the first line that begins a quotation, and of the first line after its introduction."""
    for index, line in enumerate(lines):
        if not line.strip() or len(line) > MAX_INTRODUCTION:
            continue
        if _SEPARATOR.match(line) or _DASHED_ATTRIBUTION.match(line):
            return index, index + 1
        inline = _INLINE_ATTRIBUTION.search(line)
        if inline and line[: inline.start()].strip():
            lines[index] = line[: inline.start()]
            return index + 1, index + 1
        if _GMAIL_SHORT.match(line):
            return index, index + 1
        length = _attribution_length(lines, index)
        if length:
            return index, index + length
        if _is_header_block(lines, index):
            return index, _after_block(lines, index)
    return None, len(lines)


def _attribution_length(lines: list[str], index: int) -> int:
    line = lines[index]
    ends = line.rstrip().endswith((":", "："))
    if ends and _ATTRIBUTION.match(line) and (_ATTRIBUTION_START.match(line) or _dated(line)):
        return 1
    if ends and _NAMED_ATTRIBUTION.match(line):
        return 1
    if not (_ATTRIBUTION_START.match(line) or _dated(line)):
        return 0
    joined = line.rstrip()
    for length in range(2, 7):
        if index + length > len(lines):
            return 0
        following = lines[index + length - 1].strip()
        if following.startswith(">") and not line.startswith(">") and len(following) > 1:
            following = following.lstrip("> ")
        joined = f"{joined} {following}"
        if len(joined) > 500:
            return 0
        if following.endswith((":", "：")) and _ATTRIBUTION.match(joined):
            return length
    return 0


def _dated(line: str) -> bool:
    return bool(re.search(r"\b(?:19|20)\d{2}\b|\d{1,2}[:.]\d{2}", line))


def _is_header_block(lines: list[str], index: int) -> bool:
    """Tell whether two different header lines of a quoted mail stand within the next lines, at least one telling."""
    if not (":" in lines[index] or "：" in lines[index]) or not _HEADER_LINE.match(lines[index]):
        return False
    names = set()
    for line in lines[index : index + 6]:
        match = _HEADER_LINE.match(line)
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
        if not line.strip() and index and any(_HEADER_LINE.match(before) for before in lines[:index]):
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
        if (_SIGNATURE.match(line) or _SENT_FROM.match(line)) and any(item.strip() for item in lines[:index]):
            lines = lines[:index]
            break
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.match(lines[end - 1])):
        end -= 1
    return lines[:end]
