"""Signatures made by the providers' own libraries."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from channels_app.sms import twilio, vonage

CASES = Path(os.environ.get("CASES_DIR") or Path(__file__).resolve().parents[3] / "shared" / "cases") / "webhooks"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES} (set CASES_DIR)")


def _vectors(provider: str, *lists: str) -> list[Any]:
    if not CASES.is_dir():
        return []
    document = json.loads((CASES / "signature_vectors.json").read_text())[provider]
    return [pytest.param(vector, id=f"{name}-{n}") for name in lists for n, vector in enumerate(document[name])]


@pytest.mark.parametrize("vector", _vectors("twilio", "python_vectors", "go_vectors"))
def test_twilio_signature_is_judged_as_its_own_libraries_do(vector: dict[str, Any]) -> None:
    fields = [(name, value) for name, value in vector.get("params_list", list(vector.get("params", {}).items()))]
    fields += parse_qsl(vector.get("form_body", ""))
    fits = twilio.signature_fits(
        url=vector["url"],
        fields=fields,
        body=vector.get("body", "").encode(),
        signature=vector["signature"],
        auth_token="12345",
    )
    assert fits is vector["valid"]


@pytest.mark.parametrize("vector", _vectors("vonage", "vectors"))
def test_vonage_signature_is_what_its_own_library_makes(vector: dict[str, Any]) -> None:
    if "jwt" in vector:
        assert vonage.token_fits(token=vector["jwt"], secret=vector["secret"], body=b"")
        assert not vonage.token_fits(token=vector["jwt"], secret="another", body=b"")
        head, claims, signature = vector["jwt"].split(".")
        assert not vonage.token_fits(token=f"{head}.{claims}x.{signature}", secret=vector["secret"], body=b"")
        return
    made = vonage.signature_of(fields=vector["params"], secret=vector["secret"], method=vector["method"])
    assert made == vector.get("signature", vector["params"].get("sig"))
