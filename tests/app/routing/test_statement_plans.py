"""Matching's statements are planned once, with whatever the tables hold then: none may become slow on a full floor."""

import json
from typing import Any

import pytest
from django.db import connection

from contactcenter.routing import candidates

pytestmark = pytest.mark.django_db


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in _nodes(part))]


def _plan_of(statement: str) -> list[dict[str, Any]]:
    """The nodes of the plan that is made without knowing the values."""
    # a bigint[] in every statement that names them
    text = statement.replace("%(ids)s", "$1")
    for number in range(1, statement.count("%s") + 1):
        text = text.replace("%s", f"${number}", 1)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}")
        told = cursor.fetchone()[0]
    return _nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])


def _joins(nodes: list[dict[str, Any]]) -> int:
    return sum("Join" in node["Node Type"] or "Loop" in node["Node Type"] for node in nodes)


@pytest.mark.parametrize(
    "statement", [candidates._ALL, candidates._THESE, candidates._FOR], ids=["all", "these", "for"]
)
def test_offers_are_hashed_once_and_not_gone_through_for_each_waiting_ticket(statement: str) -> None:
    # 500 offers of a full floor for each of 5,000 tickets would be 2.5 million comparisons
    nodes = _plan_of(statement)
    assert _joins(nodes) == 0
    assert [node["Relation Name"] for node in nodes if "hashed SubPlan" in node.get("Filter", "")] == [
        "routing_waiting"
    ]


@pytest.mark.parametrize(
    "statement",
    [candidates._AVAILABLE, candidates._AVAILABLE_OF, candidates._SOME],
    ids=["available", "available of", "some"],
)
def test_places_taken_are_counted_in_one_grouping(statement: str) -> None:
    nodes = _plan_of(statement)
    assert [node["Node Type"] for node in nodes].count("Aggregate") == 1
    # the one of running consultations with their assignments
    assert _joins(nodes) == 1
