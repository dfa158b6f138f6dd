"""Bring back two unique indexes that 0016 lost: an operator has one running session, a session one current run.

Altering a foreign key to be without an index of its own drops every index of its column alone, partial unique ones of
constraints too.
"""

from django.db import migrations

CREATE = """
UPDATE worktime_allocationrun r SET is_current = false WHERE is_current AND EXISTS (
    SELECT 1 FROM worktime_allocationrun l WHERE l.session_id = r.session_id AND l.is_current AND l.version > r.version);
SET CONSTRAINTS ALL IMMEDIATE;
CREATE UNIQUE INDEX IF NOT EXISTS session_one_running ON worktime_session (operator_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS allocation_one_current ON worktime_allocationrun (session_id) WHERE is_current;
"""


class Migration(migrations.Migration):
    dependencies = [("worktime", "0021_allocation_stands")]

    operations = [migrations.RunSQL(CREATE, migrations.RunSQL.noop)]
