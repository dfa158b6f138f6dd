import pytest

from channels_app.webchat.queries import origin_allowed

LIST = ("https://shop.example",)


@pytest.mark.parametrize(
    ("origin", "origins", "allowed"),
    [
        ("https://anyone.example", (), True),
        ("https://shop.example", LIST, True),
        ("https://SHOP.example/", LIST, True),
        ("https://evil.example", LIST, False),
        ("https://shop.example.evil.example", LIST, False),
        ("http://shop.example", LIST, False),
        ("null", LIST, False),
        ("https://help.example", LIST, True),
        ("", LIST, True),
    ],
)
def test_origins(origin: str, origins: tuple[str, ...], allowed: bool) -> None:
    assert origin_allowed(origin=origin, host="help.example", origins=origins) is allowed
