"""Reading answers, for tests of the tickets API."""


def numbers(answer) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [card["number"] for card in answer.json()["results"]]


def fields_of(shape) -> set[str]:
    return set(shape().get_fields())
