"""The recorded webhooks of social networks."""

from tests.cases.webhook_specs.spec import Spec

SOCIAL: list[Spec] = []
