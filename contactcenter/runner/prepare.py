"""`python -m contactcenter.runner.prepare STATE`: everything between an empty database and a site that can be served.

One process instead of five commands: a start of Django costs a second or two, and the second start is to be quick.
Progress goes to stdout; what the runner needs to know is written to the file STATE as JSON: `bridges`, the commands
that connect telephone systems and have any to connect, and `logins` of the demo, lines to print, [] without a demo.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.core.management.base import SystemCheckError  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from channels_app.phone.bridge_actions import endpoints_to_connect  # noqa: E402
from contactcenter import environment  # noqa: E402
from contactcenter.dashboards.demo.load import logins  # noqa: E402
from contactcenter.kernel.former_migrations import refuse_half_way  # noqa: E402

# each command connects the telephone systems of the voice endpoints that have this setting
BRIDGES: Final = {"asterisk_bridge": "ami_host", "freeswitch_bridge": "esl_host"}
ROOT: Final = Path(__file__).resolve().parent.parent.parent


def prepare() -> dict[str, Sequence[str]]:
    """Migrate, collect the static files, load the demo where it is wanted; return what the runner needs to know."""
    _migrate()
    _collect_static()
    shown: list[str] = []
    if environment.boolean("DEMO", default=False):
        call_command("prepare_demo", skip_checks=True)
        shown = [
            f"  {login['role']:<15}{login['email']:<28}{login['password']}   {login['name']}" for login in logins()
        ]
    bridges = [command for command, setting in BRIDGES.items() if endpoints_to_connect(setting=setting, address=None)]
    return {"bridges": bridges, "logins": shown}


def _migrate() -> None:
    """Bring the database up to date. Where it is, nothing is checked: these settings have run on this code before."""
    refuse_half_way(connection)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, skip_checks=False)


def _collect_static() -> None:
    """Copy and compress the static files, if the web or the packages have changed since the last time."""
    sources = [
        ROOT / "frontend" / "dist" / ".ready",
        ROOT / "frontend" / "dist" / "index.html",
        ROOT / "requirements.lock",
    ]
    state = " ".join(str(path.stat().st_mtime_ns) for path in sources if path.exists())
    stamp = settings.VAR_DIR / "static.stamp"
    if not stamp.exists() or stamp.read_text() != state:
        call_command("collectstatic", interactive=False, verbosity=0, skip_checks=True)
        stamp.write_text(state)


def main() -> int:
    """Prepare; return the exit code. The last line of stderr says what was wrong."""
    try:
        state = prepare()
    except (CommandError, SystemCheckError, DatabaseError) as error:
        sys.stderr.write(f"{' '.join(str(error).split())}\n")
        return 1
    Path(sys.argv[1]).write_text(json.dumps(state))
    return 0


if __name__ == "__main__":
    sys.exit(main())
