"""Language detection: sure, unsure, and what hints may decide."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_app.language import MAX_CHARACTERS, SURE, detect_language, rank_languages


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Здравствуйте, я хотел бы узнать, когда придёт мой заказ", "ru"),
        ("Дякую, чекаю на вашу відповідь", "uk"),
        ("¿Dónde está mi pedido? Lo estoy esperando desde el lunes", "es"),
        ("I ordered a lamp two weeks ago and nothing has arrived", "en"),
        ("Ich habe eine Frage zu meiner Rechnung vom letzten Monat", "de"),
        ("请问我的订单什么时候到", "zh"),
        ("請問我的訂單什麼時候到", "zh"),
        ("注文した商品がまだ届いていません", "ja"),
        ("Менің тапсырысым қашан келеді?", "kk"),
        ("Поручката ми още не е пристигнала, къде е тя?", "bg"),
        ("Где је моја поруџбина? Чекам већ две недеље", "sr"),
        ("मेरा ऑर्डर अभी तक नहीं आया है", "hi"),
        ("أين طلبي؟ لم يصل بعد", "ar"),
    ],
)
def test_clear_text_speaks_for_itself(text: str, code: str) -> None:
    detected = detect_language(text=text, hints=["fr"])
    assert detected.code == code
    assert detected.confidence >= SURE


@pytest.mark.parametrize("text", ["12 345 :-)", "👍👍", "+34 600 000 000", "https://example.org/page", ":-D", ""])
def test_text_without_letters_takes_the_first_hint(text: str) -> None:
    assert detect_language(text=text, hints=["ru", "en"]).code == "ru"


def test_text_without_letters_and_hints_is_unsure() -> None:
    assert detect_language(text="???", hints=[]).code == ""


@pytest.mark.parametrize("text", ["ok", "да", "Hola", "John Smith", "Иван Петров", "iPhone 15 Pro Max", "merci"])
def test_unclear_words_and_names_without_hint_are_unsure(text: str) -> None:
    assert detect_language(text=text).code == ""


@pytest.mark.parametrize(("text", "hint"), [("ok", "es"), ("да", "bg"), ("Hola", "es"), ("Иван Петров", "uk")])
def test_unclear_word_takes_the_hint_it_does_not_contradict(text: str, hint: str) -> None:
    assert detect_language(text=text, hints=["ko", hint]).code == hint


def test_hint_may_name_a_region() -> None:
    assert detect_language(text="ok", hints=["pt-BR"]).code == "pt"


def test_hint_in_another_script_is_not_taken() -> None:
    assert detect_language(text="ok", hints=["ru"]).code == ""


def test_addresses_and_numbers_do_not_count_as_text() -> None:
    assert detect_language(text="https://example.org/the/english/page 42 me@example.org", hints=["es"]).code == "es"


def test_russian_in_latin_letters_is_unsure() -> None:
    for text in ("Zdravstvuyte, gde moy zakaz? Ya zhdu uzhe dve nedeli", "privet kak dela"):
        assert detect_language(text=text).code == ""


@pytest.mark.parametrize("hint", ["sr", "hr", "bs"])
def test_serbian_croatian_and_bosnian_in_latin_letters_are_told_apart_by_hint_alone(hint: str) -> None:
    text = "Dobar dan, gdje je moja narudžba? Čekam već dva tjedna"
    assert detect_language(text=text).code == ""
    assert detect_language(text=text, hints=["en", hint]).code == hint


@pytest.mark.parametrize(
    "text",
    [
        "Що робити?",
        "Що з моїм замовленням",
        "Хтось мені може сказати, що це за рахунок",
        "Ще раз: мені потрібна заміна, бо щось тріснуло",
    ],
)
def test_ukrainian_with_shcha_is_not_taken_for_kazakh_or_bulgarian(text: str) -> None:
    assert detect_language(text=text).code == "uk"


@pytest.mark.parametrize(
    ("text", "code"), [("Щётка сломалась, площадь узнаю завтра", "ru"), ("Защо няма отговор", "bg")]
)
def test_shcha_of_russian_and_bulgarian_is_theirs(text: str, code: str) -> None:
    assert detect_language(text=text).code == code


@pytest.mark.parametrize("text", ["thanks", "gracias", "спасибо", "дякую", "bonjour madame", "refund please"])
def test_a_word_that_one_language_uses_far_more_than_others_is_clear(text: str) -> None:
    assert detect_language(text=text).code == {
        "thanks": "en", "gracias": "es", "спасибо": "ru", "дякую": "uk", "bonjour madame": "fr", "refund please": "en"
    }[text]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "neighbour"),
    [
        ("Hvor er min ordre? Jeg har ventet i to uker", "sv"),
        ("Hvad koster det at sende pakken til Tyskland?", "sv"),
        ("Kde je moja objednávka? Čakám už dva týždne", "cs"),
        ("Kje je moje naročilo? Čakam že dva tedna", "cs"),
        ("La meva comanda encara no ha arribat", "es"),
        ("Где е мојата нарачка? Чекам веќе две недели", "sr"),
    ],
    ids=["Norwegian", "Danish", "Slovak", "Slovene", "Catalan", "Macedonian"],
)
def test_language_that_nobody_here_speaks_is_told_by_its_words(text: str, neighbour: str) -> None:
    assert detect_language(text=text).code == ""
    assert detect_language(text=text, hints=[neighbour]).code == neighbour


@pytest.mark.parametrize("text", ["Tack för hjälpen, det löste sig", "Kde je moje objednávka? Čekám už dva týdny"])
def test_swedish_and_czech_stay_clear(text: str) -> None:
    assert detect_language(text=text).code == {"T": "sv", "K": "cs"}[text[0]]


def test_small_models_answer_clear_texts_alike(settings) -> None:
    settings.LANGUAGE_MODELS = "small"
    assert detect_language(text="¿Dónde está mi pedido? Lo estoy esperando desde el lunes").code == "es"
    assert detect_language(text="Дякую, чекаю на вашу відповідь").code == "uk"


@pytest.mark.parametrize(
    "text",
    [
        "Добры дзень, дзе мая замова? Я чакаю ўжо два тыдні, а яна ўсё не прыйшла",
        "Xin chào, đơn hàng của tôi ở đâu? Tôi đã chờ hai tuần rồi",
        "سلام، سفارش من کجاست؟ دو هفته است که منتظرم",
        "สินค้าของฉันอยู่ที่ไหน",
    ],
    ids=["Belarusian", "Vietnamese", "Persian", "Thai"],
)
def test_language_that_nobody_here_speaks_is_unsure(text: str) -> None:
    assert detect_language(text=text).code == ""
    assert detect_language(text=text, hints=["el"]).code == ""


def test_few_characters_that_japanese_and_chinese_share_are_unsure() -> None:
    assert detect_language(text="了解！👍").code == ""
    assert detect_language(text="了解！👍", hints=["ja"]).code == "ja"
    assert detect_language(text="订单", hints=["ja"]).code == "zh"  # simplified: no Japanese character


def test_brand_names_in_latin_letters_leave_the_language_clear() -> None:
    assert detect_language(text="Подскажите, когда поступит в продажу новый iPhone Pro Max?", hints=["en"]).code == "ru"


def test_text_in_two_languages_is_unsure_and_the_hint_decides() -> None:
    text = "Где мой заказ, подскажите пожалуйста? Where is my order, could you please tell me that today?"
    assert detect_language(text=text).code == ""
    assert detect_language(text=text, hints=["en"]).code == "en"
    assert detect_language(text=text, hints=["ru"]).code == "ru"


def test_quoted_lines_and_signature_in_another_language_do_not_count() -> None:
    text = (
        "Спасибо, жду ответа на мой вопрос\n\n> Dear customer, we have received your request\n"
        "> and we shall answer it as soon as possible.\n-- \nBest regards, sent from the office of the company"
    )
    assert detect_language(text=text, hints=["en"]).code == "ru"


def test_quoted_lines_count_where_there_is_nothing_else() -> None:
    assert detect_language(text="> We have received your request and shall answer it soon").code == "en"


def test_letters_composed_of_two_characters_are_read_as_one() -> None:
    assert detect_language(text="Мой заказ ещё не пришёл, где он?".replace("й", "и\u0306")).code == "ru"


def test_long_text_is_read_within_its_beginning_only() -> None:
    sentence = "Dónde está mi pedido, por favor? "
    beginning = sentence * (MAX_CHARACTERS // len(sentence) + 1)
    detected = detect_language(text=beginning + "Где мой заказ? " * 10_000)
    assert detected.code == "es"
    assert detected.confidence == pytest.approx(detect_language(text=beginning).confidence)


@given(
    text=st.text(st.characters(), max_size=60) | st.text("аіїыңabñ漢かー가अाα@.>-\n \ud800\u0306", max_size=60),
    hints=st.lists(st.text(max_size=6), max_size=3),
)
@settings(max_examples=150)
def test_any_text_has_an_answer_that_is_sure_or_hinted_or_unsure(text: str, hints: list[str]) -> None:
    ranked = rank_languages(text=text)
    assert sum(share for _, share in ranked) <= 1.000_001
    assert [share for _, share in ranked] == sorted((share for _, share in ranked), reverse=True)
    detected = detect_language(text=text, hints=hints)
    if ranked and ranked[0][1] >= SURE:
        assert detected.code == ranked[0][0]
    else:
        assert detected.code == "" or any(hint.strip().lower().startswith(detected.code) for hint in hints)
