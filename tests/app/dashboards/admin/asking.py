"""Who asks the admin API, and how it refuses."""

from django.http import HttpResponse
from django.test import Client

from contactcenter.tenancy.models import User

JSON = "application/json"


def browser(role: str) -> Client:
    """A browser in which a person of this role is logged in."""
    # hashing a password costs more than the request; nobody types one here
    user = User.objects.create(email=f"{role}@example.org", full_name=role, role=role, password="!")
    client = Client()
    client.force_login(user)
    return client


def refused(response: HttpResponse) -> tuple[int, str | None]:
    """The status of a refusal and the field that it names."""
    return response.status_code, response.json()["error"].get("field")
