"""Queues and the audit trail in the admin API."""

import pytest

from contactcenter.kernel.models import AuditEntry
from contactcenter.routing.models import Queue
from contactcenter.tenancy.models import Role
from tests.app.dashboards.admin.asking import JSON, browser, refused

pytestmark = pytest.mark.django_db


def test_queue_is_added_changed_and_kept_single():
    supervisor = browser(Role.SUPERVISOR)
    created = supervisor.post("/api/v1/admin/queues/", {"name": "Russian", "language": "ru"}, JSON)
    assert created.status_code == 201
    queue = created.json()
    assert (queue["account_id"], queue["channel"], queue["offer_seconds"]) == (None, "", 30)

    changed = supervisor.patch(f"/api/v1/admin/queues/{queue['id']}/", {"offer_seconds": 20}, JSON)

    assert changed.json()["offer_seconds"] == 20
    twin = supervisor.post("/api/v1/admin/queues/", {"name": "Twin", "language": "ru"}, JSON)
    assert refused(twin) == (409, "account_id")
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["queue.create", "queue.change"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"offer_seconds": 1}, "offer_seconds"), ({"language": "Russian!"}, "language"), ({"channel": "fax"}, "channel")],
)
def test_wrong_field_of_a_queue_is_named(admin, change, field):
    assert refused(admin.post("/api/v1/admin/queues/", {"name": "Q", **change}, JSON)) == (400, field)
    assert not Queue.objects.exists()


def test_audit_pages_from_the_newest(admin, monkeypatch):
    monkeypatch.setattr("contactcenter.dashboards.admin_queries.AUDIT_PAGE", 2)
    for number in range(3):
        admin.post("/api/v1/admin/queues/", {"name": f"Q{number}", "language": f"x{'abc'[number]}"}, JSON)

    first = admin.get("/api/v1/admin/audit/", {"action": "queue"}).json()
    second = admin.get("/api/v1/admin/audit/", {"action": "queue", "cursor": first["next"]}).json()

    assert [entry["data"]["name"][1] for entry in first["results"] + second["results"]] == ["Q2", "Q1", "Q0"]
    assert second["next"] is None


def test_missing_rows_are_not_found(admin):
    for part in ("accounts", "endpoints", "operators", "queues"):
        assert admin.get(f"/api/v1/admin/{part}/999999/").status_code == 404
        assert admin.patch(f"/api/v1/admin/{part}/999999/", {}, JSON).status_code == 404
