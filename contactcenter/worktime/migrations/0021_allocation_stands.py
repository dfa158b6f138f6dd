"""Let an allocation stand in later versions too: a further version writes only what it decides otherwise.

Undone, every version has all of its allocations again.
"""

from django.db import migrations, models

# every version had all of its own: each stood until the next
FILL = """
UPDATE worktime_allocation a SET until_version = r.version + 1
FROM worktime_allocationrun r WHERE r.id = a.run_id AND NOT r.is_current
"""
COPY = """
INSERT INTO worktime_allocation (run_id, slice_id, account_id, interaction_id, kind, ms)
SELECT l.id, a.slice_id, a.account_id, a.interaction_id, a.kind, a.ms
FROM worktime_allocation a JOIN worktime_allocationrun r ON r.id = a.run_id
JOIN worktime_allocationrun l ON l.session_id = r.session_id AND l.version > r.version
    AND (a.until_version IS NULL OR l.version < a.until_version);
SET CONSTRAINTS ALL IMMEDIATE
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION worktime_check_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    odd bigint;
    missing bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM worktime_allocationrun WHERE id = NEW.id AND is_current) THEN
        RETURN NULL;
    END IF;
    WITH given AS MATERIALIZED (
        SELECT slice_id, sum(ms) AS ms FROM worktime_allocation WHERE %(given)s GROUP BY slice_id
    )
    SELECT s.id INTO odd
    FROM worktime_slice s LEFT JOIN given a ON a.slice_id = s.id
    WHERE s.session_id = NEW.session_id AND s.is_current AND coalesce(a.ms, 0) <> s.ms
    LIMIT 1;
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
BEFORE = "run_id = NEW.id"
NOW = """until_version IS NULL
            AND run_id = ANY (ARRAY(SELECT id FROM worktime_allocationrun WHERE session_id = NEW.session_id))"""


class Migration(migrations.Migration):
    dependencies = [("worktime", "0020_default_break_reasons")]

    operations = [
        migrations.AddField(
            model_name="allocation", name="until_version", field=models.PositiveIntegerField(null=True)
        ),
        migrations.RunSQL(FILL, COPY),
        migrations.RemoveIndex(model_name="allocation", name="allocation_run"),
        migrations.AddIndex(
            model_name="allocation", index=models.Index(fields=["run", "until_version"], name="allocation_run")
        ),
        migrations.RunSQL(FUNCTION % {"given": NOW}, FUNCTION % {"given": BEFORE}),
    ]
