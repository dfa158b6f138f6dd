"""What a console may say over its socket, and from which page."""

import pytest

from contactcenter.realtime.access import same_site
from contactcenter.realtime.frames import BadFrame, Focus, Ping, Typing, decode


def test_the_three_frames_are_understood():
    assert decode('{"type": "ping"}') == Ping()
    assert decode('{"type": "focus", "ticket_id": 7, "active": false}') == Focus(7, active=False)
    assert decode('{"type": "typing", "ticket_id": 7}') == Typing(7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "JSON object"),
        ("[]", "JSON object"),
        ("nonsense", "JSON object"),
        ("[" * 5_000, "JSON object"),
        ("{}", "type"),
        ('{"type": "launch"}', "type"),
        ('{"type": "focus", "active": true}', "ticket_id"),
        ('{"type": "focus", "ticket_id": "7", "active": true}', "ticket_id"),
        ('{"type": "focus", "ticket_id": true, "active": true}', "ticket_id"),
        ('{"type": "focus", "ticket_id": -1, "active": true}', "ticket_id"),
        ('{"type": "typing", "ticket_id": 99999999999999999999}', "ticket_id"),
        ('{"type": "focus", "ticket_id": 7, "active": "yes"}', "active"),
        ('{"type": "focus", "ticket_id": 7, "active": true, "idle_ms": -1}', "idle_ms"),
        ('{"type": "focus", "ticket_id": 7, "active": true, "idle_ms": 90001}', "idle_ms"),
        ('{"type": "ping", "padding": "' + "x" * 20_000 + '"}', "bytes"),
    ],
)
def test_bad_frame_is_refused_with_its_cause(text, says):
    with pytest.raises(BadFrame, match=says):
        decode(text)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://desk.example.org", True),
        ("http://desk.example.org", True),
        ("https://desk.example.org:8443", False),
        ("https://evil.example.org", False),
        ("https://desk.example.org.evil.example", False),
        ("https://partner.example.org", True),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_socket_is_opened_from_our_own_pages_only(origin, allowed):
    trusted = ["https://partner.example.org"]
    assert same_site(origin=origin, host="desk.example.org", trusted=trusted) is allowed
