"""Invariant 16 of usage rating: no binary float anywhere in billing."""

import ast
from pathlib import Path

import pytest

BILLING = Path(__file__).resolve().parents[2] / "billing"
SOURCES = sorted(path for path in BILLING.rglob("*.py"))
FLOAT_NAMES = {"float", "FloatField", "total_seconds", "time_ns", "math"}


def floats_in(*, source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"line {node.lineno}: the literal {node.value}")
        elif isinstance(node, ast.Name) and node.id in FLOAT_NAMES:
            found.append(f"line {node.lineno}: {node.id}")
        elif isinstance(node, ast.Attribute) and node.attr in FLOAT_NAMES:
            found.append(f"line {node.lineno}: .{node.attr}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(BILLING)))
def test_billing_source_names_no_float(path: Path) -> None:
    assert floats_in(source=path.read_text(encoding="utf-8")) == []


def test_the_scan_finds_what_it_looks_for() -> None:
    assert floats_in(source="a = 1.5") == ["line 1: the literal 1.5"]
    assert floats_in(source="a = float(b)\nc = models.FloatField()") == ["line 1: float", "line 2: .FloatField"]
    assert floats_in(source="a = gap.total_seconds()") == ["line 1: .total_seconds"]
    assert SOURCES
