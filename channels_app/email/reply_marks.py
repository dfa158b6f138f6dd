"""How mail programs mark quotations and signatures, language by language: the words, and the patterns made of them.

The words are those of Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, Yandex, Mail.ru and the phones' mail programs in
each language; a pattern says what makes a line of them a mark, so that prose with the same words stays.
"""

# ruff: noqa: E501  (tables of phrases of many languages read better unbroken)

import re
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one language, as alternatives of verbose patterns."""

    wrote: str  # the verb of "on <date> <somebody> wrote:"
    opens: str  # how such a line begins, a bare date aside
    headers: str  # the header names over a quoted mail
    original: str  # "-----Original Message-----"
    forwarded: str  # "-------- Forwarded Message --------"
    sent_from: str  # signatures that phones and programs add


_MARKS = {
    "en": Marks(
        wrote=r"wrote | writes | sent",
        opens=r"on | at",
        headers=r"from | sent | date | to | cc | bcc | subject | reply-to",
        original=r"original\ (?: message | appointment ) | reply\ message",
        forwarded=r"forwarded\ (?: message | by\b.{0,80} ) | begin\ forwarded\ message",
        sent_from=r"sent\ (?: from | via ) \ (?: my\  | outlook | mail\ for | yahoo | aol | samsung | the\  | proton | an?\  | galaxy | iphone ) | sent\ with\ (?: proton | spark | airmail ) | get\ outlook\ for",
    ),
    "ru": Marks(
        wrote=r"написала? | написал\(а\) | писала? | писал\(а\) | пишет",
        opens=r"(?: в\  )? (?: пн | вт | ср | чт | пт | сб | вс | понедельник | вторник | среду? | четверг | пятниц[ау] | суббот[ау] | воскресенье ) [.,]",
        headers=r"от | от\ кого | отправлено | отправитель | дата | кому | копия | тема",
        original=r"(?: исходное | оригинальное | первоначальное ) \ (?: сообщение | письмо )",
        forwarded=r"(?: пересылаемое | пересланное | перенаправленное | переадресованное ) \ (?: сообщение | письмо ) | (?: конец | начало ) \ (?: переадресованного | пересылаемого ) \ сообщения",
        sent_from=r"отправлено\ (?: с | из | от | через ) \  | (?: получить | скачать | загрузить ) \ outlook\ для",
    ),
    "es": Marks(
        wrote=r"escribi[óo]",
        opens=r"el",
        headers=r"de | desde | enviado | enviado\ el | enviado\ a\ las | fecha | para | cc | asunto",
        original=r"mensaje\ original",
        forwarded=r"mensaje\ reenviado | inicio\ del\ mensaje\ reenviado",
        sent_from=r"enviado\ (?: desde | con | a\ través\ de ) \  | (?: obtener | obtén | descargar | consigue ) \ outlook\ para",
    ),
    "de": Marks(
        wrote=r"schrieb | geschrieben",
        opens=r"am | [^\s<>]{1,40}\ (?: via | schrieb )",
        headers=r"von | gesendet | datum | an | cc | betreff | antwort\ an",
        original=r"(?: urspr(?:ü|ue)ngliche | original ) (?: \ |- )? nachricht",
        forwarded=r"weitergeleitete\ (?: nachricht | e-?mail ) | (?: anfang | beginn | start ) \ der\ weitergeleiteten\ (?: nachricht | e-?mail )",
        sent_from=r"von\ meinem\ .{2,40}\ gesendet | gesendet\ (?: von | mit | über ) \  | diese\ nachricht\ wurde\ von\ meinem | (?: holen\ sie\ sich\  )? outlook\ für\ (?: ios | android ) | outlook\ für\ .{2,20}\ beziehen",
    ),
    "fr": Marks(
        wrote=r"a\ [ée]crit",
        opens=r"le | à",
        headers=r"de | exp[ée]diteur | envoy[ée] | envoy[ée]\ le | date | à | a | cc | objet | sujet",
        original=r"message\ (?: d['’]origine | original | initial )",
        forwarded=r"message\ transf[ée]r[ée] | d[ée]but\ du\ message\ (?: transf[ée]r[ée] | r[ée]exp[ée]di[ée] )",
        sent_from=r"envoy[ée]\ (?: de | depuis | à\ partir\ de | avec | via ) \  | (?: obtenir | obtenez | t[ée]l[ée]charger | t[ée]l[ée]chargez ) \ outlook\ pour",
    ),
    "it": Marks(
        wrote=r"ha\ scritto | scrisse | scrive",
        opens=r"il",
        headers=r"da | inviato | inviato\ il | data | a | cc | oggetto | risposta",
        original=r"messaggio\ originale",
        forwarded=r"messaggio\ inoltrato | inizio\ messaggio\ inoltrato",
        sent_from=r"inviato\ (?: da | dal | con | tramite ) \  | (?: scarica | ottieni | ottenere ) \ outlook\ per",
    ),
    "pt": Marks(
        wrote=r"escreveu",
        opens=r"em | no\ dia | a",
        headers=r"de | enviad[ao] | enviad[ao]\ em | data | para | cc | assunto",
        original=r"mensagem\ original",
        forwarded=r"mensagem\ (?: encaminhada | reencaminhada ) | in[íi]cio\ da\ mensagem\ (?: encaminhada | reencaminhada )",
        sent_from=r"enviad[ao]\ (?: do | da | de | desde | a\ partir\ d[oae] | pelo | com | via ) \  | (?: obter | obtenha | baixar | baixe | transferir | descarregar ) \ (?:o\ )?outlook\ para",
    ),
    "pl": Marks(
        wrote=r"napisała? | napisał\(a\) | napisał/a | pisze | wiadomość\ napisana\ przez",
        opens=r"dnia | w\ dniu | (?: pon | pn | wt | śr | czw | pt | sob | ndz | niedz | nd )[.,] | (?: poniedziałek | wtorek | środa | czwartek | piątek | sobota | niedziela )[.,] | wiadomość\ napisana\ przez",
        headers=r"od | wysłan[oe] | data | do | dw | kopia | temat",
        original=r"(?: wiadomość\ oryginalna | oryginalna\ wiadomość | wiadomość\ pierwotna )",
        forwarded=r"wiadomość\ przekazana(?:\ dalej)? | (?: przekazana | przesłana ) \ wiadomość | początek\ przekazywanej\ wiadomości",
        sent_from=r"wysłan[eoay]\ (?: z | ze | przez | za\ pomocą ) \  | pobierz\ (?:aplikację\ )?outlook\ (?: dla | na )",
    ),
    "uk": Marks(
        wrote=r"пише | написа(?: в | ла | в\(ла\) | в/ла ) | писа(?: в | ла )",
        opens=r"(?: у\  | в\  )? (?: нд | понеділок | вівторок | серед[ау] | четвер | п['’]ятниц[яю] | субот[ау] | неділ[яю] ) [.,]",
        headers=r"від | від\ кого | надіслано | відправлено | дата | кому | копія | тема",
        original=r"(?: оригінальне | вихідне | початкове ) \ повідомлення",
        forwarded=r"(?: переслане | перенаправлене ) \ повідомлення | початок\ (?: пересланого | переадресованого ) \ повідомлення",
        sent_from=r"(?: надіслано | відправлено ) \ (?: з | із | за\ допомогою ) \  | (?: отримати | завантажити ) \ outlook\ для",
    ),
    "others": Marks(
        wrote=r"schreef | geschreven | skrev | kirjoitti | yazdı | 写道 | 寫道 | のメール | 書きました | đã\ viết | napsala? | kirjutas | rašė | rakstīja | írta | va\ escriure | a\ scris | έγραψε | написа | пишува | jazdi | כתב | كتب",
        opens=r"op | den | em | în | в | 在 | vào | tor | ma | pe | kell | dne",
        headers=r"van | verzonden | aan | onderwerp | fra | sendt | til | emne | från | skickat | till | ämne | 差出人 | 送信日時 | 宛先 | 件名 | 发件人 | 发送时间 | 收件人 | 主题",
        original=r"oorspronkelijk\ bericht | oprindelig\ meddelelse | ursprungligt\ meddelande | 原始邮件 | 原始郵件 | 元のメッセージ",
        forwarded=r"doorgestuurd\ bericht | videresendt\ meddelelse | vidarebefordrat\ meddelande",
        sent_from=r"sendt\ fra\ min | skickat\ från\ min | verstuurd\ vanaf | lähetetty\  | iphoneから送信 | 发自我的 | 從我的",
    ),
}


def _any(field: str) -> str:
    return " | ".join(getattr(marks, field) for marks in _MARKS.values())


_ADDRESS = r"[^\s<>]{1,100}@[^\s<>]{1,255}"
# The patterns below are matched against single lines of at most 400, or joined lines of at most 500, characters; what
# repeats in them is possessive or bounded, so that no line takes time with the square of its length.

_WROTE = re.compile(rf"(?ix) (?:\b|(?<=['’\"])) (?: {_any('wrote')} ) (?:\b|(?<=\)))")
_AFTER_WROTE = re.compile(
    rf"""(?ix) (?: [^\n:]{{0,60}} | [^\n]{{0,160}} \d{{1,2}}:\d\d [^\n:]{{0,20}}
    | [^\n:<]{{0,80}} <\s?{_ADDRESS}> [^\n:]{{0,60}} (?: \d{{1,2}}:\d\d )? [^\n:]{{0,10}} ) [:：]\s* $"""
)
NAMED_ATTRIBUTION = re.compile(rf"(?ix) ^ [^\n<>]{{2,60}} <{_ADDRESS}> \s+ (?: {_any('wrote')} ) \s*:\s* $")
# "15.06.2026, 11:00, "Anna" <anna@shop.example>:" has no verb: a date first, an address in brackets and a colon last
VERBLESS_ATTRIBUTION = re.compile(
    rf"""(?ix) ^ [>\s*_-]*+ (?: {_any("opens")} | \d{{1,4}}[\s./-] ) [^\n<>]{{0,120}} \d{{1,2}}:\d\d [^\n<>]{{0,100}} [<(\[]{{1,2}}\s?{_ADDRESS}[>)\]]{{1,2}} \s* [:：] \s* $"""
)
DASHED_ATTRIBUTION = re.compile(rf"(?ix) ^ \s*+ -{{2,}}+ [^\n]{{2,160}} \b(?: {_any('wrote')} ) \s*+ -{{2,}}+ \s*+ $")
ATTRIBUTION_START = re.compile(
    rf"""(?ix) ^ [>\s*_-]*+ (?: (?: {_any("opens")} ) (?=[\s\d]) | \d{{1,4}}[\s./-] | [^\n<>]{{2,60}} <[^\n<>]{{1,200}}@[^\n<>]{{1,200}}> )"""
)
# "reply On Wed, Apr 4, 2012 at 3:59 PM, bob@example.com wrote:" on the reply's own line
INLINE_ATTRIBUTION = re.compile(r"(?:---\s*|\s)On\s+\w{3},\s[^\n]{8,160}\b(?:wrote|sent):\s*$")
GMAIL_SHORT = re.compile(r"^\d{4}/\d{1,2}/\d{1,2}\s[^\n]{0,100}<[^\s<>]+@[^\s<>]+>\s*:?$")
SEPARATOR = re.compile(
    rf"""(?ix) ^ [>\s]*+ (?:
      [-_=*]{{2,}}+ \s*+ (?: {_any("original")} | {_any("forwarded")} ) \s*+ :? \s*+ [-_=*]*+
    | (?: {_any("forwarded")} ) \s* :
    ) \s* $"""
)
FORWARDED = re.compile(rf"(?ix) ^ [>\s_=*-]*+ (?: {_any('forwarded')} )")
HEADER_LINE = re.compile(rf"(?ix) ^ [>\s*_]*+ (?P<name> {_any('headers')} ) [*_\s]*+ [:：] (?: \s | \* | $ )")
SIGNATURE = re.compile(r"^(?:--|—|– |__) ?$|^-- $")
SENT_FROM = re.compile(rf"(?ix) ^ [\s<\[]*+ (?: {_any('sent_from')} ) .{{0,80}} $")
RULE = re.compile(r"^\s*+[_=*~#+᐀-ᐿ-]{3,}+\s*+$|^\s*ᐧ\s*$")
# what every line has that begins a quotation: prose without it is passed over at once
TELLING = re.compile(r"[:：@\d]|^[>\s]*+[-_=*]{2}")
DATED = re.compile(r"\b(?:19|20)\d{2}\b|\b\d{1,2}[:.]\d{2}")


def is_attribution(line: str) -> bool:
    """Tell whether `line` is "On <date> <somebody> wrote:" in one of its many forms.

    It has a date or an address, the verb, and a colon at its end.
    """
    if not ("@" in line or any(map(str.isdigit, line))):
        return False
    return any(_AFTER_WROTE.match(line, verb.end()) for verb in islice(_WROTE.finditer(line), 10))
