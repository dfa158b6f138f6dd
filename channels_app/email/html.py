"""HTML of strangers: made harmless for the screen, and turned into readable text."""

import html as html_entities
import re

import nh3

from channels_app.email.charsets import clean

MAX_HTML_CHARACTERS = 1_000_000
# the sanitiser takes time with the square of the number of ampersands
MAX_AMPERSANDS = 100_000
MAX_TEXT_CHARACTERS = 500_000
# mark, in the text, where quoted material begins and ends; characters of the private use area that no mail carries
QUOTE_MARK = "\ue0f1"
QUOTE_END = "\ue0f2"

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del",
    "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol",
    "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "font": {"color"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
}
_DROPPED_WITH_CONTENT = {"script", "style", "title", "head", "noscript", "template", "iframe", "object", "svg", "math"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    # no http(s) image: a remote picture tells the sender when and where the mail was read
    attribute_filter=lambda tag, name, value: (
        None if tag == "img" and name == "src" and not value.lower().startswith("cid:") else value
    ),
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)
_TEXT_CLEANER = nh3.Cleaner(tags=set(), clean_content_tags=_DROPPED_WITH_CONTENT, attributes={}, link_rel=None)

# Within tags `[^<>]` and bounded repeats, never `[^>]*`: unclosed tags in their thousands must not cost quadratic time.
_PRE_TAG = re.compile(r"(?i)<(/?)pre\b[^<>]*>")
_COMMENT = re.compile(r"(?s)<!--.*?(?:-->|$)|<!\[[^<>]*>|<\?xml[^<>]*>")
# What may begin a quotation, and the names that mail programs give to it. A blockquote without a border is an indented
# paragraph (Gmail's own button).
_QUOTE = re.compile(
    r"(?i)<(?:(?P<blockquote>/?blockquote)|div|span|p|hr|a|table|section|article)\b(?P<attributes>[^<>]{0,600})>?"
)
_NO_BORDER = re.compile(r"(?i)border:\s?(?:none|0)")
_PROGRAM = re.compile(
    r"""(?ix)
      (?P<before_blockquote>
        gmail_quote | gmail_extra | yahoo_quoted | moz-cite-prefix | protonmail_quote | tutanota_quote )
    | (?P<to_the_end>
        moz-forward-container | appendonsend | divrplyfwdmsg | outlookmessageheader | _mailoriginal | zmail_extra
      | olk_src_body_section | mail-editor-reference-message | ms-outlook-mobile-reference | messagereplysection
      | zwchr | __quoted_text__ | __divider__ | mail-quote-collapse | replyforwardmessage )
    """
)
_LINE_BREAKS = re.compile(
    r"(?i)<br\b[^<>]*>|</?(?:p|div|tr|li|ul|ol|h[1-6]|table|blockquote|dt|dd|hr|section|article|header|footer|pre)\b[^<>]*>"
)
# elements that nest when left open; sanitising takes time with the square of the depth
_NESTING_TAG = re.compile(
    r"(?i)<(/?)(?:div|span|blockquote|table|ul|ol|center|font|section|article|pre|q|s|u|b|i|a|em|code)\b"
)
MAX_HTML_DEPTH = 300
_PARAGRAPH = re.compile(r"(?i)</(?:p|h[1-6]|ul|ol|table)\s*>")
_CELL = re.compile(r"(?i)</t[dh]\s*>")
_BLANKS = re.compile(r"[ \t\xa0\u200b]+")
_NEWLINES = re.compile(r"\n{3,}")


def sanitise_html(source: str) -> str:
    """Return `source` with an allowlist of harmless tags only: no script, style, form, remote picture or frame.

    HTML nested deeper than `MAX_HTML_DEPTH` is not shown at all ('').
    """
    if _is_too_deep(source):
        return ""
    return _CLEANER.clean(_COMMENT.sub("", _bounded(source))).strip()


def html_to_text(source: str) -> str:
    """Return what a reader sees of `source`, blocks as lines, quotations between `QUOTE_MARK` and `QUOTE_END`."""
    source = _COMMENT.sub("", unmarked(_bounded(source)))
    source = _breaks_of_pre(source)
    source = re.sub(r"\s+", " ", source)
    source = _with_quotes_marked(source)
    source = _CELL.sub("\t", source)
    source = _PARAGRAPH.sub("\n\n", source)
    source = _LINE_BREAKS.sub("\n", source)
    text = html_entities.unescape(_TEXT_CLEANER.clean(source))
    lines = (_BLANKS.sub(" ", line).strip() for line in clean(text).split("\n"))
    return _NEWLINES.sub("\n\n", "\n".join(lines)).strip()[:MAX_TEXT_CHARACTERS]


def unmarked(text: str) -> str:
    """Return `text` without the marks of quotations."""
    return text.replace(QUOTE_MARK, "").replace(QUOTE_END, "")


def _bounded(source: str) -> str:
    """Return as much of `source` as is read at all."""
    source = source[:MAX_HTML_CHARACTERS]
    if source.count("&") > MAX_AMPERSANDS:
        pieces = source.split("&", MAX_AMPERSANDS)
        source = "&".join(pieces[:MAX_AMPERSANDS])
    return source


def _is_too_deep(source: str) -> bool:
    depth = 0
    for match in _NESTING_TAG.finditer(source, 0, MAX_HTML_CHARACTERS):
        depth = max(depth - 1, 0) if match.group(1) else depth + 1
        if depth > MAX_HTML_DEPTH:
            return True
    return False


def _with_quotes_marked(source: str) -> str:
    """Put `QUOTE_MARK` before each quotation and `QUOTE_END` behind it, where the program lets its end be known."""
    pieces: list[str] = []
    open_blocks: list[bool] = []  # of each blockquote that is open: is it a quotation
    position = 0
    for match in _QUOTE.finditer(source):
        block, attributes = match["blockquote"], match["attributes"]
        if block and block.startswith("/"):
            if open_blocks and open_blocks.pop() and not any(open_blocks):
                pieces.append(f"{source[position : match.end()]}<br>{QUOTE_END}<br>")
                position = match.end()
            continue
        if block:
            open_blocks.append(not _NO_BORDER.search(attributes))
            begins = open_blocks[-1]
            ends = len(open_blocks) < MAX_HTML_DEPTH
        else:
            program = _PROGRAM.search(attributes) if "=" in attributes else None
            begins = program is not None
            ends = program is None or program.lastgroup == "before_blockquote"
        if begins:
            pieces.append(f"{source[position : match.start()]}<br>{QUOTE_MARK}<br>")
            position = match.start()
        if not ends:
            break
    return "".join(pieces) + source[position:]


def _breaks_of_pre(source: str) -> str:
    """Turn the line breaks inside `<pre>` into `<br>`, as white space is folded afterwards."""
    if "<pre" not in source and "<PRE" not in source:
        return source
    pieces, position, inside = [], 0, False
    for match in _PRE_TAG.finditer(source):
        piece = source[position : match.start()]
        pieces += [piece.replace("\n", "<br>") if inside else piece, "<br>"]
        inside, position = not match.group(1), match.end()
    return "".join(pieces) + source[position:]
