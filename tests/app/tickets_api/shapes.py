"""Signing in, and reading answers, for tests of the tickets API."""

from rest_framework.test import APIClient


def signed_in(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def numbers(answer) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [card["number"] for card in answer.json()["results"]]


def fields_of(shape) -> set[str]:
    return set(shape().get_fields())
