"""What can be read off the code itself."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contactcenter", "channels_app", "billing")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "misc.py", "managers.py", "common.py"}


def test_no_module_is_an_attic():
    assert [str(path) for path in SOURCES if path.name in FORBIDDEN_NAMES] == []


def test_no_module_is_longer_than_400_lines():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_no_signals_and_no_save_tricks():
    guilty = []
    for path in SOURCES:
        text = path.read_text()
        if "django.db.models.signals" in text or "django.dispatch" in text:
            guilty.append(str(path))
        tree = ast.parse(text)
        guilty += [
            f"{path}:{node.lineno} {node.name}"
            for owner in ast.walk(tree)
            if isinstance(owner, ast.ClassDef) and any("Model" in ast.unparse(base) for base in owner.bases)
            for node in owner.body
            if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
        ]
    assert guilty == []


@pytest.mark.parametrize("folder", ["routing", "worktime", "tickets", "contacts", "kernel"])
def test_actions_have_no_clock_of_their_own(folder):
    guilty = [
        str(path)
        for path in (ROOT / "contactcenter" / folder).rglob("actions*.py")
        if "timezone.now()" in path.read_text() or "datetime.now(" in path.read_text()
    ]
    assert guilty == []
