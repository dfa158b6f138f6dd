"""The chat widget in a real browser: cuts and reloads, two tabs, files, form, rating, strict policy, keys."""

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Site, log_in
from tests.e2e.desks import CHAT, Desk, open_chat, say, widget
from tests.e2e.wire import Wire

# serves the clinic but not the shop, whose mails other tests leave in the queue
OPERATOR = "dmitry@demo.example"
# one pixel, red: a picture that any browser decodes
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@pytest.fixture
def desk(new_page: Callable[..., Page], passwords: dict[str, str]) -> Iterator[Desk]:
    page = new_page()
    # all demo people share a password
    log_in(page, OPERATOR, passwords["anna@demo.example"])
    page.wait_for_url("**/console**")
    desk = Desk(page)
    desk.be("available")
    yield desk
    desk.be("offline")


@pytest.fixture
def nobody(new_page: Callable[..., Page], passwords: dict[str, str]) -> None:
    """Nobody of the operators other tests have used is there."""
    for name in (OPERATOR, "anna@demo.example"):
        page = new_page()
        log_in(page, name, passwords["anna@demo.example"])
        page.wait_for_url("**/console**")
        Desk(page).be("offline")
        page.close()


def log_of(page: Page) -> list[str]:
    return widget(page, ".e p").all_inner_texts()


def test_cuts_and_reloads_lose_and_double_nothing(site: Site, desk: Desk, new_page: Callable[..., Page]) -> None:
    wire = Wire(site.port)
    page = new_page()
    page.goto(f"http://127.0.0.1:{wire.port}{CHAT}")
    open_chat(page)
    expect(widget(page, ".h")).to_contain_text("Мы на связи")
    say(page, "one")
    ticket = desk.accept()
    expect(widget(page, ".visitor .m").first).to_contain_text(re.compile("Отправлено|Прочитано"))

    wire.cut()
    say(page, "two")
    say(page, "three")
    expect(widget(page, ".visitor").nth(2)).to_contain_text("Не отправлено")
    desk.reply(ticket, "while you were away")
    wire.mend()
    widget(page, ".visitor .m button").first.click()
    expect(widget(page, ".operator")).to_contain_text("while you were away")
    expect(
        widget(
            page,
            ".visitor .m",
        ).filter(has_text=re.compile("Отправлено|Прочитано"))
    ).to_have_count(3)

    # sent and gone in the same breath: what was not acknowledged leaves with the next page
    wire.cut()
    say(page, "four")
    wire.mend()
    page.reload()
    expect(widget(page, ".e")).to_have_count(5)
    page.context.set_offline(True)
    open_chat(page)
    say(page, "five")
    page.context.set_offline(False)
    expect(widget(page, ".visitor .m").filter(has_text=re.compile("Отправлено|Прочитано"))).to_have_count(5)
    assert log_of(page)[0] == "one"
    assert [text for text in log_of(page) if text != "while you were away"] == ["one", "two", "three", "four", "five"]

    page.wait_for_timeout(500)
    written = desk.texts(ticket)
    assert [text for text in written if text != "while you were away"] == ["one", "two", "three", "four", "five"]
    assert written.count("while you were away") == 1
    # the same in the same order at both ends
    assert written == log_of(page)
    wire.close()
    desk.finish(ticket)


def test_two_tabs_are_one_chat_and_read_marks_go_both_ways(desk: Desk, new_page: Callable[..., Page]) -> None:
    first = new_page()
    first.goto(CHAT)
    second = first.context.new_page()
    second.goto(CHAT)
    for page in (first, second):
        open_chat(page)
        expect(widget(page, ".h")).to_contain_text("Мы на связи")
    say(second, "from the second")
    expect(widget(first, ".visitor")).to_contain_text("from the second")
    ticket = desk.accept()
    desk.page.goto(f"/console/{ticket}")
    expect(desk.page.get_by_text("from the second").last).to_be_visible()
    expect(widget(first, ".visitor .m")).to_contain_text("Прочитано", timeout=30_000)
    desk.reply(ticket, "seen by both")
    for page in (first, second):
        expect(widget(page, ".operator")).to_contain_text("seen by both")
    expect(desk.page.locator("li.entry.end .state")).to_contain_text("Прочитано")
    desk.finish(ticket)


def test_files_go_both_ways_and_pictures_are_shown(desk: Desk, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(CHAT)
    open_chat(page)
    expect(widget(page, ".h")).to_contain_text("Мы на связи")
    widget(page, "input[type=file]").set_input_files({"name": "scan.png", "mimeType": "image/png", "buffer": PNG})
    picture = widget(page, ".visitor img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1
    ticket = desk.accept()
    [entry] = desk.get(f"tickets/{ticket}/timeline/")["results"]
    [file] = entry["attachments"]
    assert (file["filename"], file["content_type"], file["size"]) == ("scan.png", "image/png", len(PNG))
    assert desk.page.request.get(file["url"]).body() == PNG

    desk.page.goto(f"/console/{ticket}")
    desk.page.locator(".composer input[type=file]").set_input_files(
        {"name": "price list.txt", "mimeType": "text/plain", "buffer": b"A visit: 2,500"}
    )
    expect(desk.page.locator(".composer li")).to_contain_text("price list.txt")
    desk.page.locator(".composer .foot button.primary").click()
    link = widget(page, ".operator a")
    expect(link).to_have_text("price list.txt")
    fetched = page.request.get(link.get_attribute("href") or "")
    assert fetched.body() == b"A visit: 2,500"
    assert fetched.headers["content-disposition"].startswith("attachment")
    desk.finish(ticket)


def test_the_end_of_a_chat_asks_for_a_rating_that_stands_on_the_timeline(
    desk: Desk, new_page: Callable[..., Page], passwords: dict[str, str]
) -> None:
    page = new_page(locale="en-GB")
    page.goto(CHAT)
    open_chat(page)
    say(page, "A question about a rating, please.")
    ticket = desk.accept()
    desk.reply(ticket, "Here you are.")
    expect(widget(page, ".operator")).to_contain_text("Here you are.")
    asked = widget(page, "form").first
    expect(asked).to_be_hidden()
    desk.finish(ticket)
    expect(asked).to_be_visible()
    assert violations(page) == []
    asked.get_by_role("button", name="4").click()
    asked.locator("input").fill("Быстро и вежливо")
    asked.locator("button.b").click()
    expect(asked).to_contain_text("Спасибо!")
    expect(asked.locator("[aria-pressed=true]")).to_have_count(4)

    def rated() -> list[tuple[int, str]]:
        entries = desk.get(f"tickets/{ticket}/timeline/")["results"]
        return [(entry["score"], entry["text"]) for entry in entries if entry["type"] == "rating"]

    for _ in range(50):
        if rated() == [(4, "Быстро и вежливо")]:
            break
        page.wait_for_timeout(100)
    assert rated() == [(4, "Быстро и вежливо")]
    desk.page.goto(f"/console/{ticket}")
    expect(desk.page.get_by_text("Оценка 4 из 5")).to_be_visible()
    client = new_page()
    log_in(client, "client@medtech.example", passwords["client@medtech.example"])
    ratings = client.request.get("/api/v1/ratings/").json()["results"]
    assert [(one["ticket_id"], one["score"]) for one in ratings if one["ticket_id"] == ticket] == [(ticket, 4)]


def test_the_form_takes_name_address_and_message_and_every_state_is_accessible(
    nobody: None, new_page: Callable[..., Page], passwords: dict[str, str]
) -> None:
    page = new_page()
    page.goto(CHAT)
    expect(widget(page, "button.l")).to_be_visible()
    assert violations(page) == []
    open_chat(page)
    expect(widget(page, ".h")).to_contain_text("Нас сейчас нет")
    # the surfaces of frontend/src/tokens.css
    page.emulate_media(color_scheme="dark")
    expect(widget(page, ".p")).to_have_css("background-color", "rgb(22, 26, 32)")
    page.emulate_media(color_scheme="light")
    expect(widget(page, ".p")).to_have_css("background-color", "rgb(255, 255, 255)")
    assert violations(page) == []
    words = f"Позвоните мне, пожалуйста, {uuid4().hex[:8]}"
    widget(page, "textarea").fill(words)
    widget(page, "form").last.locator("button.b").click()
    # the browser asks for the address; what was written stays
    expect(widget(page, "textarea")).to_have_value(words)
    widget(page, "label input").first.fill("Нина")
    widget(page, "input[type=email]").fill("nina@mail.example")
    widget(page, "form").last.locator("button.b").click()
    expect(widget(page, ".visitor")).to_contain_text("Отправлено")
    assert violations(page) == []

    admin = new_page()
    log_in(admin, "admin@demo.example", passwords["anna@demo.example"])
    found: list[dict[str, Any]] = []
    for _ in range(50):
        found = admin.request.get(f"/api/v1/tickets/?q={words[-8:]}").json()["results"]
        if found:
            break
        page.wait_for_timeout(100)
    [ticket] = found
    assert (ticket["channel"], ticket["contact"]["name"], ticket["contact"]["point"]) == (
        "email", "Нина", "nina@mail.example",
    )  # fmt: skip


def test_it_is_served_by_keys_alone(nobody: None, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(CHAT)
    expect(widget(page, "button.l")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(widget(page, "textarea")).to_be_focused()
    expect(widget(page, "input[type=email]")).to_be_visible()
    page.keyboard.type("First line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("nina@mail.example")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(widget(page, ".visitor p")).to_have_text("First line\nsecond line", use_inner_text=True)
    page.keyboard.press("Escape")
    expect(widget(page, ".p")).to_be_hidden()
    expect(widget(page, "button.l")).to_be_focused()


class HostPage(BaseHTTPRequestHandler):
    """A client's page on a host of its own, with the strictest policy that lets the widget in."""

    def __init__(self, site: str, *arguments: Any) -> None:
        self.site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        body = (
            "<!doctype html><html lang=es><meta charset=windows-1251><title>Tienda</title><main><h1>Tienda</h1></main>"
            f"<script src='{self.site}/widget.js' data-endpoint=medtech-chat async></script></html>"
        ).encode()
        socket = self.site.replace("http", "ws", 1)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'self'; style-src 'self'; script-src 'self' {self.site}; "
            f"connect-src 'self' {self.site} {socket}; img-src 'self' {self.site}; require-trusted-types-for 'script'",
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def test_it_works_under_a_strict_policy_and_asks_nobody_else(
    site: Site, desk: Desk, new_page: Callable[..., Page]
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(HostPage, site.url))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    page = new_page(locale="de-DE")
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{host}/")
    open_chat(page)
    expect(widget(page, "h2")).to_have_text("Escríbanos")
    say(page, "¿Hola?")
    expect(widget(page, ".visitor")).to_contain_text(re.compile("Enviado|Leído"))
    widget(page, "input[type=file]").set_input_files({"name": "foto.png", "mimeType": "image/png", "buffer": PNG})
    expect(widget(page, ".visitor img")).to_be_visible()
    server.shutdown()
    own = site.url.removeprefix("http")
    strangers = [url for url in asked if not url.startswith((host, f"http{own}", f"ws{own}", "blob:"))]
    assert strangers == []
    # the page has no icon; whatever else is said would be a violated policy
    assert [text for text in complaints if "404" not in text and "favicon" not in text] == []
    desk.finish(desk.accept())


def test_a_frame_of_ten_megabytes_closes_the_connection_with_a_reason(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(CHAT)
    code = page.evaluate(
        """() => new Promise((done) => {
            const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws/chat/medtech-chat/');
            socket.onopen = () => socket.send('x'.repeat(1e7));
            socket.onclose = (event) => done(event.code);
        })"""
    )
    assert code == 1009
    assert page.request.get("/healthz").ok
