"""Liveness, readiness and metrics for whoever watches the servers."""

import logging
from datetime import timedelta

import redis
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from contactcenter.kernel import valkey
from contactcenter.kernel.models import Heartbeat

logger = logging.getLogger(__name__)

WORKER_SILENT_AFTER = timedelta(seconds=60)


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process can answer at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if database, Valkey, migrations and worker are well, else 503 with what is not.

    Anybody may ask: where the servers are, and what they said, stands in the log only.
    """
    checks = {"database": "ok", "valkey": "ok", "migrations": "ok", "worker": "ok"}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            checks["migrations"] = "migrations are missing: run manage.py migrate"
        beat = Heartbeat.objects.filter(name="worker").first()
        if beat is None or timezone.now() - beat.at > WORKER_SILENT_AFTER:
            checks["worker"] = "no worker has reported for a minute"
    except DatabaseError as error:
        checks["database"] = checks["migrations"] = checks["worker"] = "the database does not answer"
        logger.warning("not ready, the database does not answer: %s", error)
    try:
        valkey.new_client().ping()
    except (redis.RedisError, OSError) as error:
        checks["valkey"] = "Valkey does not answer"
        logger.warning("not ready, Valkey does not answer: %s", error)
    ready = all(value == "ok" for value in checks.values())
    return JsonResponse(checks, status=200 if ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the process metrics in Prometheus' text format."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
