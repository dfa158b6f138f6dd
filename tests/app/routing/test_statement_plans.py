"""Matching's statements are planned once, with whatever the tables hold then: none may become slow on a full floor."""

import json
from typing import Any

import pytest
from django.db import connection

from contactcenter.routing import candidates

pytestmark = pytest.mark.django_db


def _nodes(plan: dict[str, Any]) -> list[str]:
    return [plan["Node Type"], *(node for part in plan.get("Plans", ()) for node in _nodes(part))]


def _nodes_of(statement: str) -> list[str]:
    """The kinds of nodes of the plan that is made without knowing the values."""
    text = statement
    for number in range(1, statement.count("%s") + 1):
        text = text.replace("%s", f"${number}", 1)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}")
        told = cursor.fetchone()[0]
    return _nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])


@pytest.mark.parametrize(
    "statement", [candidates._ALL, candidates._THESE, candidates._FOR], ids=["all", "these", "for"]
)
def test_waiting_tickets_are_not_joined_with_offers(statement: str) -> None:
    # a nested loop over the 500 offers of a full floor for each of 5,000 tickets would be 2.5 million comparisons
    nodes = _nodes_of(statement)
    assert [node for node in nodes if "Join" in node or "Loop" in node] == []
    assert "Seq Scan" in nodes or "Index Scan" in nodes or "Bitmap Heap Scan" in nodes


@pytest.mark.parametrize("statement", [candidates._AVAILABLE, candidates._SOME], ids=["available", "some"])
def test_places_taken_are_counted_in_one_grouping(statement: str) -> None:
    nodes = _nodes_of(statement)
    assert len([node for node in nodes if node == "Aggregate"]) == 1
    # the one of running consultations with their assignments
    assert len([node for node in nodes if "Join" in node or "Loop" in node]) == 1
