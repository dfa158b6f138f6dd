"""Every address of the API by API keys: each scope opens what its table says, and only within the key's account."""

from django.test import Client

from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import create_key
from contactcenter.tenancy.models import Account, ApiScope
from tests.app.access.asking import METHODS, SECRET, House, calls, paths
from tests.app.factories import AT, make_account

# what opens an address to API keys; all others are closed to every key
KEYS = {
    "GET /api/v1/attachments/{attachment_id}/": "messages:read",
    "GET /api/v1/calls/": "calls:read",
    "GET /api/v1/calls/{call_id}/": "calls:read",
    "GET /api/v1/messages/": "messages:read",
    "GET /api/v1/messages/{message_id}/": "messages:read",
    "GET /api/v1/callbacks/": "tickets:read",
    "POST /api/v1/callbacks/": "tickets:write",
    "POST /api/v1/callbacks/{callback_id}/cancel/": "tickets:write",
    "GET /api/v1/tickets/{ticket_id}/callbacks/": "tickets:read",
    "POST /api/v1/contact-merges/{merge_id}/undo/": "contacts:write",
    "GET /api/v1/contacts/": "contacts:read",
    "POST /api/v1/contacts/": "contacts:write",
    "GET /api/v1/contacts/{contact_id}/": "contacts:read",
    "PATCH /api/v1/contacts/{contact_id}/": "contacts:write",
    "POST /api/v1/contacts/{contact_id}/merge/": "contacts:write",
    "POST /api/v1/contacts/{contact_id}/points/": "contacts:write",
    "DELETE /api/v1/contacts/{contact_id}/points/{point_id}/": "contacts:write",
    "GET /api/v1/contacts/{contact_id}/suggestions/": "contacts:read",
    "GET /api/v1/messages/{message_id}/html/": "messages:read",
    "GET /api/v1/portal/interactions/": "usage:read",
    "GET /api/v1/portal/interactions/export/": "usage:read",
    "GET /api/v1/portal/periods/": "usage:read",
    "GET /api/v1/portal/usage/": "usage:read",
    "GET /api/v1/portal/usage/export/": "usage:read",
    "GET /api/v1/tickets/": "tickets:read",
    "POST /api/v1/tickets/": "tickets:write",
    "GET /api/v1/tickets/{ticket_id}/": "tickets:read",
    "PATCH /api/v1/tickets/{ticket_id}/": "tickets:write",
    "POST /api/v1/tickets/{ticket_id}/notes/": "tickets:write",
    "POST /api/v1/tickets/{ticket_id}/replies/": "messages:write",
    "GET /api/v1/tickets/{ticket_id}/timeline/": "tickets:read",
}


def _key_client(house: House, account: Account, scopes: list[str]) -> Client:
    with open_every_account(reason="the test sets a key up"):
        _, token = create_key(
            account_id=account.pk, actor_id=house.people["admin"].pk, name="CRM", scopes=scopes, at=AT
        )
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_every_scope_opens_to_keys_what_the_table_says_and_nothing_else(house: House):
    clients = {scope: _key_client(house, house.account, [scope]) for scope in ApiScope.values}
    with_every_scope = _key_client(house, house.account, ApiScope.values)
    # what all scopes together do not open, none of them opens: asking each of them everywhere takes ten times as long
    within_reach = [call for call in calls() if house.ask(with_every_scope, *call)[0] != 403]
    opened = {}
    for method, path in within_reach:
        statuses = {scope: house.ask(client, method, path)[0] for scope, client in clients.items()}
        admitted = [scope for scope, status in statuses.items() if status != 403]
        opened[f"{method} {path}"] = " ".join(admitted)
        assert {statuses[scope] for scope in admitted}.isdisjoint({401, 404}), path
    assert opened == KEYS


def test_a_key_of_another_account_finds_nothing_and_reads_no_word_of_this_one(house: House):
    client = _key_client(house, make_account("Gamma"), ApiScope.values)
    for method, path in calls():
        status, content = house.ask(client, method, path)
        call = f"{method} {path}"
        assert SECRET.encode() not in content, call
        if "{" in path:
            assert status in {403, 404}, call


def test_the_document_names_the_scope_of_every_address_that_keys_reach():
    named = {
        f"{method.upper()} {path}": scopes["apiKey"][0]
        for path, item in paths().items()
        for method in METHODS
        if method in item
        for scopes in item[method]["security"]
        if "apiKey" in scopes
    }
    assert named == KEYS
