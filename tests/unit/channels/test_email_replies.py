"""What a person wrote, cut out of mails as the usual programs send them, in nine languages; and prose that stays whole."""

# ruff: noqa: E501  (the lines stand as the programs write them)

import pytest

from channels_app.email.html import html_to_text
from channels_app.email.parse import translate_email
from channels_app.email.replies import cut_reply

QUOTED = "> Dear customer,\n> which lamp do you mean?\n>\n> Anna"
UNQUOTED = "Dear customer,\nwhich lamp do you mean?\n\nAnna"

REPLY = {
    "en": "The green one, please.\n\nKind regards\nKim",
    "ru": "Зелёную, пожалуйста.\n\nС уважением,\nКим",
    "es": "La verde, por favor.\n\nUn saludo\nKim",
    "de": "Die grüne, bitte.\n\nMit freundlichen Grüßen\nKim",
    "fr": "La verte, s'il vous plaît.\n\nCordialement\nKim",
    "it": "Quella verde, per favore.\n\nCordiali saluti\nKim",
    "pt": "A verde, por favor.\n\nCumprimentos\nKim",
    "pl": "Zieloną proszę.\n\nPozdrawiam\nKim",
    "uk": "Зелену, будь ласка.\n\nЗ повагою,\nКім",
}

# the line over a quotation by Gmail, Apple Mail, Thunderbird, Yahoo, Yandex and Mail.ru, one line or several
ATTRIBUTIONS = {
    "en": [
        "On Mon, Jun 15, 2026 at 11:00 AM Anna Berg <anna@shop.example> wrote:",
        "On Mon, 15 Jun 2026 at 11:00, Anna Berg <anna@shop.example> wrote:",
        "On Mon, Jun 15, 2026 at 11:00 AM Anna Berg from the Lamp Shop <\nanna@shop.example> wrote:",
        "On 15 Jun 2026, at 11:00, Anna Berg <anna@shop.example> wrote:",
        "On 6/15/26 11:00 AM, Anna Berg wrote:",
        "On Monday, June 15, 2026 at 11:00:00 AM GMT+2, Anna Berg <anna@shop.example> wrote:",
        "On Monday, 15 June 2026 11:00 CEST,\nAnna Berg <anna@shop.example>\nwrote:",
    ],
    "ru": [
        "пн, 15 июн. 2026 г. в 11:00, Anna Berg <anna@shop.example>:",
        "пн, 15 июн. 2026 г. в 11:00, Очень Длинное Имя Отправителя <\nanna@shop.example>:",
        "15 июня 2026 г., 11:00 пользователь Anna Berg <anna@shop.example> написал:",
        "15 июня 2026 г., в 11:00, Anna Berg <anna@shop.example> написал(а):",
        "15.06.2026 11:00, Anna Berg пишет:",
        '15.06.2026, 11:00, "Anna Berg" <anna@shop.example>:',
        "Понедельник, 15 июня 2026, 11:00 +03:00 от Anna Berg <anna@shop.example>:",
        "В Пн, 15/06/2026 в 11:00 +0300, Anna Berg пишет:",
    ],
    "es": [
        "El lun, 15 jun 2026 a las 11:00, Anna Berg (<anna@shop.example>) escribió:",
        "El lun., 15 jun. 2026 11:00, Anna Berg <anna@shop.example> escribió:",
        "El 15 jun 2026, a las 11:00, Anna Berg <anna@shop.example> escribió:",
        "El 15/6/26 a las 11:00, Anna Berg escribió:",
        "El lunes, 15 de junio de 2026, 11:00:00 CEST,\nAnna Berg <anna@shop.example> escribió:",
    ],
    "de": [
        "Am Mo., 15. Juni 2026 um 11:00 Uhr schrieb Anna Berg <anna@shop.example>:",
        "Am Mo., 15. Juni 2026 um 11:00 Uhr schrieb Anna Berg vom Lampenladen <\nanna@shop.example>:",
        "Am 15.06.2026 um 11:00 schrieb Anna Berg <anna@shop.example>:",
        "Am 15.06.26 um 11:00 schrieb Anna Berg:",
        "Anna Berg <anna@shop.example> schrieb am Mo., 15. Juni 2026, 11:00:",
        "Am Montag, 15. Juni 2026 um 11:00:00 MESZ hat Anna Berg <anna@shop.example> Folgendes geschrieben:",
    ],
    "fr": [
        "Le lun. 15 juin 2026 à 11:00, Anna Berg <anna@shop.example> a écrit :",
        "Le lun. 15 juin 2026 à 11:00, Anna Berg <anna@shop.example> a\nécrit :",
        "Le 15 juin 2026 à 11:00, Anna Berg <anna@shop.example> a écrit :",
        "Le 15/06/2026 à 11:00, Anna Berg a écrit :",
        "Le lundi 15 juin 2026 à 11:00:00 UTC+2,\nAnna Berg <anna@shop.example> a écrit :",
    ],
    "it": [
        "Il giorno lun 15 giu 2026 alle ore 11:00 Anna Berg <anna@shop.example> ha scritto:",
        "Il giorno lun 15 giu 2026 alle ore 11:00 Anna Berg <anna@shop.example>\nha scritto:",
        "Il giorno 15 giu 2026, alle ore 11:00, Anna Berg <anna@shop.example> ha scritto:",
        "Il 15/06/2026 11:00, Anna Berg ha scritto:",
        "Il lunedì 15 giugno 2026 alle ore 11:00:00 CEST, Anna Berg <anna@shop.example> ha scritto:",
    ],
    "pt": [
        "Em seg., 15 de jun. de 2026 às 11:00, Anna Berg <anna@shop.example> escreveu:",
        "Em seg., 15 de jun. de 2026 às 11:00, Anna Berg <anna@shop.example>\nescreveu:",
        "Anna Berg <anna@shop.example> escreveu (segunda, 15/06/2026 à(s) 11:00):",
        "No dia 15 de jun. de 2026, às 11:00, Anna Berg <anna@shop.example> escreveu:",
        "Em 15/06/2026 11:00, Anna Berg escreveu:",
        "A segunda-feira, 15 de junho de 2026, 11:00, Anna Berg <anna@shop.example> escreveu:",
    ],
    "pl": [
        "pon., 15 cze 2026 o 11:00 Anna Berg <anna@shop.example> napisał(a):",
        "pon., 15 cze 2026 o 11:00 Anna Berg <anna@shop.example>\nnapisał(a):",
        "Wiadomość napisana przez Anna Berg <anna@shop.example> w dniu 15 cze 2026, o godz. 11:00:",
        "W dniu 15.06.2026 o 11:00, Anna Berg pisze:",
        "Dnia 15 czerwca 2026 11:00 Anna Berg <anna@shop.example> napisał(a):",
        "poniedziałek, 15 czerwca 2026 11:00:00 CEST, Anna Berg <anna@shop.example> napisał(a):",
    ],
    "uk": [
        "пн, 15 черв. 2026 р. о 11:00 Anna Berg <anna@shop.example> пише:",
        "пн, 15 черв. 2026 р. о 11:00 Anna Berg <anna@shop.example>\nпише:",
        "15 черв. 2026 р. о 11:00 Anna Berg <anna@shop.example> написав(ла):",
        "15.06.26 11:00, Anna Berg пише:",
        '15 червня 2026, 11:00:00, від "Anna Berg" <anna@shop.example>:',
    ],
}

# what stands over a mail that is answered without `>`: Outlook's separators and header blocks
SEPARATORS = {
    "en": [
        "-----Original Message-----\nFrom: Anna Berg <anna@shop.example>\nSent: Monday, June 15, 2026 11:00 AM\nTo: Kim\nSubject: Lamp",
        "________________________________\nFrom: Anna Berg <anna@shop.example>\nSent: Monday, June 15, 2026 11:00:00 AM\nTo: Kim <kim@example.net>\nSubject: Lamp",
        "From: Anna Berg <anna@shop.example>\nDate: Monday, June 15, 2026 at 11:00 AM\nTo: Kim <kim@example.net>\nSubject: Lamp",
    ],
    "ru": [
        "-----Исходное сообщение-----\nОт: Anna Berg <anna@shop.example>\nОтправлено: 15 июня 2026 г. 11:00\nКому: Kim\nТема: Лампа",
        "От: Anna Berg <anna@shop.example>\nОтправлено: понедельник, 15 июня 2026 г. 11:00\nКому: Kim\nТема: Лампа",
        "________________________________\nОт: Anna Berg <anna@shop.example>\nДата: 15 июня 2026 г. 11:00\nКому: Kim\nТема: Лампа",
        "-----Original Message-----\nFrom: Anna Berg [mailto:anna@shop.example]\nSent: Monday, June 15, 2026 11:00 AM\nTo: Kim\nSubject: Лампа",
    ],
    "es": [
        "-----Mensaje original-----\nDe: Anna Berg <anna@shop.example>\nEnviado el: lunes, 15 de junio de 2026 11:00\nPara: Kim\nAsunto: Lámpara",
        "De: Anna Berg <anna@shop.example>\nEnviado: lunes, 15 de junio de 2026 11:00\nPara: Kim\nAsunto: Lámpara",
    ],
    "de": [
        "-----Ursprüngliche Nachricht-----\nVon: Anna Berg <anna@shop.example>\nGesendet: Montag, 15. Juni 2026 11:00\nAn: Kim\nBetreff: Lampe",
        "Von: Anna Berg <anna@shop.example>\nGesendet: Montag, 15. Juni 2026 11:00\nAn: Kim\nBetreff: Lampe",
        "Von: Anna Berg <anna@shop.example>\nDatum: Montag, 15. Juni 2026 um 11:00\nAn: Kim\nCc: Ben\nBetreff: Lampe",
    ],
    "fr": [
        "-----Message d'origine-----\nDe : Anna Berg <anna@shop.example>\nEnvoyé : lundi 15 juin 2026 11:00\nÀ : Kim\nObjet : Lampe",
        "De : Anna Berg <anna@shop.example>\nEnvoyé : lundi 15 juin 2026 11:00\nÀ : Kim\nObjet : Lampe",
        "De: Anna Berg <anna@shop.example>\nEnvoyé le: lundi 15 juin 2026 11:00\nÀ: Kim\nObjet: Lampe",
    ],
    "it": [
        "-----Messaggio originale-----\nDa: Anna Berg <anna@shop.example>\nInviato: lunedì 15 giugno 2026 11:00\nA: Kim\nOggetto: Lampada",
        "Da: Anna Berg <anna@shop.example>\nInviato: lunedì 15 giugno 2026 11:00\nA: Kim\nOggetto: Lampada",
    ],
    "pt": [
        "-----Mensagem original-----\nDe: Anna Berg <anna@shop.example>\nEnviada em: segunda-feira, 15 de junho de 2026 11:00\nPara: Kim\nAssunto: Lâmpada",
        "De: Anna Berg <anna@shop.example>\nEnviado: 15 de junho de 2026 11:00\nPara: Kim\nAssunto: Lâmpada",
    ],
    "pl": [
        "-----Wiadomość oryginalna-----\nOd: Anna Berg <anna@shop.example>\nWysłano: poniedziałek, 15 czerwca 2026 11:00\nDo: Kim\nTemat: Lampa",
        "Od: Anna Berg <anna@shop.example>\nWysłane: poniedziałek, 15 czerwca 2026 11:00\nDo: Kim\nTemat: Lampa",
    ],
    "uk": [
        "-----Оригінальне повідомлення-----\nВід: Anna Berg <anna@shop.example>\nНадіслано: понеділок, 15 червня 2026 р. 11:00\nКому: Kim\nТема: Лампа",
        "Від: Anna Berg <anna@shop.example>\nНадіслано: понеділок, 15 червня 2026 р. 11:00\nКому: Kim\nТема: Лампа",
    ],
}

SIGNATURES = {
    "en": ["Sent from my iPhone", "Get Outlook for iOS<https://aka.ms/o0ukef>", "Sent from my Galaxy", "-- \nKim Lee\n+1 202 555 0123"],
    "ru": ["Отправлено с iPhone", "Отправлено из мобильной Почты Mail.ru", "-- \nОтправлено из мобильного приложения Яндекс Почты", "Получить Outlook для iOS"],
    "es": ["Enviado desde mi iPhone", "Obtener Outlook para Android", "-- \nKim Lee\nMadrid"],
    "de": ["Von meinem iPhone gesendet", "Gesendet von Outlook für iOS", "Diese Nachricht wurde von meinem Android-Gerät mit GMX Mail gesendet.", "-- \nKim Lee\nBerlin"],
    "fr": ["Envoyé de mon iPhone", "Envoyé à partir de Outlook pour Android", "Télécharger Outlook pour iOS", "-- \nKim Lee\nParis"],
    "it": ["Inviato da iPhone", "Inviato dal mio Galaxy", "Scarica Outlook per iOS", "-- \nKim Lee\nRoma"],
    "pt": ["Enviado do meu iPhone", "Enviado a partir do meu smartphone Samsung Galaxy.", "Obter o Outlook para iOS", "-- \nKim Lee\nLisboa"],
    "pl": ["Wysłane z iPhone'a", "Wysłano z mojego Galaxy", "Pobierz aplikację Outlook dla systemu iOS", "-- \nKim Lee\nKraków"],
    "uk": ["Надіслано з iPhone", "Надіслано з мого Galaxy", "Отримати Outlook для iOS", "-- \nКім\nКиїв"],
}  # fmt: skip

FORWARDS = {
    "en": "---------- Forwarded message ---------\nFrom: Ben <ben@example.org>\nDate: Mon, Jun 15, 2026 at 11:00 AM\nSubject: Lamp\nTo: Kim",
    "ru": "-------- Перенаправленное сообщение --------\nОт: Ben <ben@example.org>\nДата: 15.06.2026 11:00\nКому: Kim\nТема: Лампа",
    "es": "-------- Mensaje reenviado --------\nAsunto: Lámpara\nFecha: 15/6/2026\nDe: Ben <ben@example.org>\nPara: Kim",
    "de": "-------- Weitergeleitete Nachricht --------\nBetreff: Lampe\nDatum: 15.06.2026\nVon: Ben <ben@example.org>\nAn: Kim",
    "fr": "-------- Message transféré --------\nSujet : Lampe\nDate : 15/06/2026\nDe : Ben <ben@example.org>\nPour : Kim",
    "it": "-------- Messaggio Inoltrato --------\nOggetto: Lampada\nData: 15/06/2026\nDa: Ben <ben@example.org>\nA: Kim",
    "pt": "-------- Mensagem encaminhada --------\nAssunto: Lâmpada\nData: 15/06/2026\nDe: Ben <ben@example.org>\nPara: Kim",
    "pl": "-------- Wiadomość przekazana --------\nTemat: Lampa\nData: 15.06.2026\nOd: Ben <ben@example.org>\nDo: Kim",
    "uk": "-------- Переслане повідомлення --------\nТема: Лампа\nДата: 15.06.2026\nВід: Ben <ben@example.org>\nКому: Kim",
}


@pytest.mark.parametrize(("language", "line"), [(key, line) for key, lines in ATTRIBUTIONS.items() for line in lines])
def test_what_is_quoted_below_an_attribution_is_cut(language: str, line: str) -> None:
    reply = REPLY[language]
    assert cut_reply(f"{reply}\n\n{line}\n\n{QUOTED}\n") == reply
    # as the text alternative of a web mailer: nothing marks the lines
    assert cut_reply(f"{reply}\n\n{line}\n\n{UNQUOTED}\n") == reply
    # the answer under the quotation
    assert cut_reply(f"{line}\n{QUOTED}\n\n{reply}") == reply


@pytest.mark.parametrize(
    ("language", "block"), [(key, block) for key, blocks in SEPARATORS.items() for block in blocks]
)
def test_what_stands_below_the_headers_of_the_answered_mail_is_cut(language: str, block: str) -> None:
    reply = REPLY[language]
    assert cut_reply(f"{reply}\n\n{block}\n\n{UNQUOTED}\n") == reply
    assert cut_reply(f"{reply}\n\n{block.replace('From:', '*From:*')}\n\n{UNQUOTED}\n") == reply


@pytest.mark.parametrize(("language", "text"), [(key, text) for key, texts in SIGNATURES.items() for text in texts])
def test_signatures_of_programs_and_behind_two_dashes_are_cut(language: str, text: str) -> None:
    reply = REPLY[language]
    assert cut_reply(f"{reply}\n\n{text}\n") == reply
    assert cut_reply(f"{reply}\n\n{text}\n\n{ATTRIBUTIONS[language][0]}\n{QUOTED}") == reply


@pytest.mark.parametrize("language", list(FORWARDS))
def test_a_forwarded_mail_is_cut_below_words_of_ones_own_and_stays_without_them(language: str) -> None:
    reply = REPLY[language]
    assert cut_reply(f"{reply}\n\n{FORWARDS[language]}\n\nThe lamp is broken.") == reply
    assert cut_reply(f"{FORWARDS[language]}\n\nThe lamp is broken.") == "The lamp is broken."


@pytest.mark.parametrize(
    ("language", "start"),
    [
        ("en", "On the 5th I ordered 2 lamps."),
        ("ru", "В 10:30 звонил курьер."),
        ("es", "El pedido 4711 no llegó."),
        ("de", "Am 12.06.2026 habe ich bestellt."),
        ("fr", "Le colis 4711 est perdu."),
        ("it", "Il pacco 4711 non arriva."),
        ("pt", "A encomenda 4711 não chegou."),
        ("pl", "Dnia 12.06.2026 zamówiłem lampę."),
        ("uk", "12.06.2026 я замовив лампу."),
    ],
)
def test_a_sentence_that_begins_like_an_attribution_is_kept_above_one(language: str, start: str) -> None:
    for line in ATTRIBUTIONS[language]:
        assert cut_reply(f"{start}\n\n{line}\n\n{QUOTED}\n") == start
        assert cut_reply(f"{start}\n{line}\n{QUOTED}\n") == start


@pytest.mark.parametrize(
    "text",
    [
        "On Monday your colleague wrote:\nwe will pay back.\nNothing has come.",
        "15 июня ваш оператор написал:\nденьги вернём.\nНичего не пришло.",
        "Am 15. Juni schrieb mir Ihr Kollege:\nGeld kommt zurück.\nEs kam nichts.",
        "El 15 de junio su colega escribió:\ndevolvemos el dinero.\nNo llegó nada.",
        "From: Berlin\nI would like to travel.",
        "Von: Berlin, nach: Hamburg. Was kostet das?",
        "Data: 15 giugno\nVorrei prenotare un tavolo.",
        "I bought it at 11:00. The invoice says: paid.",
        "Sent from the shop, the parcel never arrived at our house, and nobody at the counter could tell me where it had gone to in the end.",
        "Thanks - - that is all",
        "Отправлено было вчера, но ничего не пришло.",
        "> quoted\n\nwhat does this mean?",
        "The error is:\n---\nE42\n---\nWhat now?",
    ],
)
def test_prose_with_the_words_of_marks_stays_whole(text: str) -> None:
    assert cut_reply(text) == text


def test_answers_between_quoted_lines_stay_with_what_they_answer() -> None:
    text = "> Which lamp?\nThe green one.\n\n> Which street?\nMain Street 5"
    assert cut_reply(text) == text


HTML_REPLY = "<div>The green one.</div><div><br></div><div>Kim</div>"
QUOTED_HTML = "<div>Dear customer, which lamp?</div>"


@pytest.mark.parametrize(
    "tail",
    [
        '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Jun 15, 2026 at 11:00 AM Anna &lt;<a href="mailto:anna@shop.example">anna@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid #ccc">THEIRS</blockquote></div>',
        '<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Anna<br><b>Sent:</b> Monday<br></div>THEIRS',
        '<div id="appendonsend"></div><hr>THEIRS',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Anna &lt;anna@shop.example&gt;<br><b>Sent:</b> Monday, June 15, 2026<br><b>To:</b> Kim<br><b>Subject:</b> Lamp</p></div>THEIRS',
        '<div id="mail-editor-reference-message-container"><b>From:</b> AnnaTHEIRS</div>',
        '<div class="moz-cite-prefix">On 15.06.26 11:00, Anna wrote:<br></div><blockquote type="cite" cite="mid:x">THEIRS</blockquote>',
        '<br><div><blockquote type="cite"><div>On 15 Jun 2026, at 11:00, Anna wrote:</div>THEIRS</blockquote></div>',
        '<div id="ydp123yahoo_quoted_456" class="ydpyahoo_quoted"><div>On Monday, Anna wrote:</div>THEIRS</div>',
        '<div class="protonmail_quote">On Monday, June 15th, 2026 at 11:00, Anna wrote:<blockquote class="protonmail_quote">THEIRS</blockquote></div>',
        '<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>Anna</div>THEIRS',
        '<div data-marker="__QUOTED_TEXT__">THEIRS</div>',
        '<div>15.06.2026, 11:00, "Anna" &lt;<a href="mailto:anna@shop.example">anna@shop.example</a>&gt;:</div><blockquote>THEIRS</blockquote>',
        '<blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">Понедельник, 15 июня 2026, 11:00 +03:00 от Anna &lt;anna@shop.example&gt;:<br>THEIRS</blockquote>',
    ],
    ids=["gmail", "outlook web", "outlook new", "outlook", "outlook mobile", "thunderbird", "apple", "yahoo", "proton", "zimbra", "zimbra text", "yandex", "mail.ru"],
)  # fmt: skip
def test_quotations_in_html_are_cut_as_each_program_marks_them(tail: str) -> None:
    html = f"<html><body>{HTML_REPLY}{tail.replace('THEIRS', QUOTED_HTML)}</body></html>"
    mail = translate_email(f"From: kim@example.net\nContent-Type: text/html; charset=utf-8\n\n{html}".encode())
    assert mail.reply_text == "The green one.\n\nKim"
    assert "which lamp?" in mail.text


def test_answers_below_and_between_quotations_in_html_are_found() -> None:
    below = f"<div>On 15.06.26 11:00, Anna wrote:</div><blockquote type=cite>{QUOTED_HTML}</blockquote><p>The green one.</p>"
    assert cut_reply(html_to_text(below)) == "The green one."
    between = f"<p>See below.</p><blockquote>{QUOTED_HTML}</blockquote><p>The green one.</p><blockquote>Street?</blockquote><p>Main</p>"
    reply = cut_reply(html_to_text(between))
    assert [word in reply for word in ("See below.", "The green one.", "Main")] == [True, True, True]


def test_an_indented_paragraph_in_html_is_no_quotation() -> None:
    html = '<div>It says:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>E42</div></blockquote><div>What now?</div>'
    assert cut_reply(html_to_text(html)).split() == ["It", "says:", "E42", "What", "now?"]
