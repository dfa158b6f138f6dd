"""How each address of the API is asked, so that access decides and nothing else."""

import json
from functools import cache

from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from contactcenter.tenancy.models import Account, User

SECRET = "Zauberwort der Alpha"
"""What stands in every text of the first account of the house."""
METHODS = ("get", "post", "put", "patch", "delete")
# enough for the calls on a ticket to be understood, so that access decides and not a missing field
_BODY = {"client_uuid": "6f1c1a52-7a0c-4a51-9e6e-0d5a3f0c9b11", "channel": "email", "text": "Hello", "active": True,
         "kind": "sms", "value": "+4915100000"}  # fmt: skip


class House:
    """Two accounts; everything that has an address belongs to the first."""

    def __init__(self, *, account: Account, people: dict[str, User], ids: dict[str, object]) -> None:
        self.account, self.people, self._ids = account, people, ids

    def client(self, role: str) -> Client:
        """A browser in which the person of this role is logged in."""
        client = Client()
        client.force_login(self.people[role])
        return client

    def ask(self, client: Client, method: str, path: str) -> tuple[int, bytes]:
        """Return the status and the content of an answer; whatever the call has changed is taken back.

        An id that this house has none of (an invoice, say) stands for one of another account.
        """
        address = path
        for name, value in self._ids.items():
            address = address.replace(f"{{{name}}}", str(value))
        while "{" in address:
            address = address[: address.index("{")] + "999999999" + address[address.index("}") + 1 :]
        with transaction.atomic():
            if method == "GET":
                response = client.get(address, {"account": self.account.pk, "after": "0-0"})
            else:
                body = {**_BODY, "contact_id": self._ids["other_contact_id"]}
                response = client.generic(method, address, json.dumps(body), content_type="application/json")
            content = b"".join(response) if response.streaming else response.content
            transaction.set_rollback(True)
        return response.status_code, content


@cache
def paths() -> dict[str, dict]:
    """Return the addresses that the API's own document lists, with what it says of each method."""
    return SchemaGenerator().get_schema(request=None, public=True)["paths"]


def calls() -> list[tuple[str, str]]:
    """Return the method and the path of every call that the API has."""
    found = [(method.upper(), path) for path, item in sorted(paths().items()) for method in METHODS if method in item]
    assert len(found) > 200
    return found
