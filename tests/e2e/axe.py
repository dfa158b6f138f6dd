"""axe on what a page shows now, in light and in dark."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.e2e.conftest import ROOT

_AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# what colours decide: nothing else differs between light and dark
_OF_COLOURS = ("color-contrast", "link-in-text-block")
# colours that fade over are looked at when they are there
_SETTLED = """async () => {
  const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(fading.map((one) => one.finished));
}"""


def violations(page: Page) -> list[dict[str, Any]]:
    """Return scheme, id, impact and elements of each violation of WCAG 2.2 AA; of colours on a dark screen, too."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE.read_text())
    found = _run(page, "light", _WCAG)
    page.emulate_media(color_scheme="dark")
    page.evaluate(_SETTLED)
    found += _run(page, "dark", _OF_COLOURS)
    page.emulate_media(color_scheme="light")
    page.evaluate(_SETTLED)
    return found


def _run(page: Page, scheme: str, rules: tuple[str, ...]) -> list[dict[str, Any]]:
    found = page.evaluate("only => axe.run(document, {runOnly: only})", list(rules))
    return [
        {
            "scheme": scheme, "id": item["id"], "impact": item["impact"],
            "nodes": [node["html"][:160] for node in item["nodes"][:3]],
        }
        for item in found["violations"]
    ]  # fmt: skip
