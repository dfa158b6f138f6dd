"""Check an allocation run against its own allocations only: the earlier versions of a session are not read again."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION worktime_check_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    odd bigint;
    missing bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM worktime_allocationrun WHERE id = NEW.id AND is_current) THEN
        RETURN NULL;
    END IF;
    %(odd)s
    IF odd IS NOT NULL THEN
        RAISE EXCEPTION 'allocation run %%: the allocations of slice %% do not sum to it', NEW.id, odd
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_run_sums';
    END IF;
    SELECT (extract(epoch FROM coalesce(t.derived_until, t.started_at) - t.started_at) * 1000)::bigint
        - coalesce((SELECT sum(ms) FROM worktime_slice WHERE session_id = t.id AND is_current), 0)
    INTO missing
    FROM worktime_session t WHERE t.id = NEW.session_id;
    IF missing <> 0 THEN
        RAISE EXCEPTION 'allocation run %%: the slices of session %% leave %% ms out', NEW.id, NEW.session_id, missing
            USING ERRCODE = 'check_violation', CONSTRAINT = 'session_slices_tile';
    END IF;
    RETURN NULL;
END $$
"""
BEFORE = """SELECT s.id INTO odd
    FROM worktime_slice s
    LEFT JOIN worktime_allocation a ON a.slice_id = s.id AND a.run_id = NEW.id
    WHERE s.session_id = NEW.session_id AND s.is_current
    GROUP BY s.id, s.ms
    HAVING coalesce(sum(a.ms), 0) <> s.ms
    LIMIT 1;"""
# the run's own allocations first: looked up slice by slice, those of every earlier version would be read with them
NOW = """WITH given AS MATERIALIZED (
        SELECT slice_id, sum(ms) AS ms FROM worktime_allocation WHERE run_id = NEW.id GROUP BY slice_id
    )
    SELECT s.id INTO odd
    FROM worktime_slice s LEFT JOIN given a ON a.slice_id = s.id
    WHERE s.session_id = NEW.session_id AND s.is_current AND coalesce(a.ms, 0) <> s.ms
    LIMIT 1;"""


class Migration(migrations.Migration):
    dependencies = [("worktime", "0016_fewer_indexes")]

    operations = [migrations.RunSQL(FUNCTION % {"odd": NOW}, FUNCTION % {"odd": BEFORE})]
