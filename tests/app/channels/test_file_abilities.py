"""Which files leave by which way: the API says what the adapters take."""

import pytest
from django.test import Client

from channels_app.abilities_api import file_abilities
from tests.app.factories import make_account, make_operator


def test_every_way_of_sending_is_told_with_what_its_provider_documents():
    found = {(row["kind"], row["provider"]): (row["max_files"], row["text_with_files"]) for row in file_abilities()}
    # mail and web chat: ours; the others as the providers document one message
    assert found["email", ""] == found["webchat", ""] == found["email", "postmark"] == (20, True)
    assert found["sms", "twilio"] == (10, True)
    assert [found["sms", name][0] for name in ("vonage", "kannel", "jasmin", "http")] == [0, 0, 0, 0]
    assert found["social", "telegram"] == found["social", "vk"] == (10, True)
    assert found["social", "whatsapp"] == (1, True)
    assert found["social", "messenger"] == found["social", "instagram"] == found["social", "viber"] == (1, False)
    assert not any(kind == "voice" for kind, _ in found)


@pytest.mark.django_db
def test_an_operator_reads_it():
    client = Client()
    client.force_login(make_operator(make_account()).user)
    assert client.get("/api/v1/file-abilities/").json()["results"] == file_abilities()
