"""Let the database refuse a current allocation run that does not sum to its slices, or slices that leave a gap.

Checked once per run, at commit, when the run is inserted or touched. An allocation stands in later versions of its
session too until one decides otherwise, so those that stand now are taken together first: looked up slice by slice,
those of every earlier version would be read with them.
"""

from django.db.migrations import RunSQL

CREATE = """
CREATE FUNCTION worktime_check_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    odd bigint;
    missing bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM worktime_allocationrun WHERE id = NEW.id AND is_current) THEN
        RETURN NULL;
    END IF;
    WITH given AS MATERIALIZED (
        SELECT slice_id, sum(ms) AS ms FROM worktime_allocation WHERE until_version IS NULL
            AND run_id = ANY (ARRAY(SELECT id FROM worktime_allocationrun WHERE session_id = NEW.session_id)) GROUP BY slice_id
    )
    SELECT s.id INTO odd
    FROM worktime_slice s LEFT JOIN given a ON a.slice_id = s.id
    WHERE s.session_id = NEW.session_id AND s.is_current AND coalesce(a.ms, 0) <> s.ms
    LIMIT 1;
    IF odd IS NOT NULL THEN
        RAISE EXCEPTION 'allocation run %: the allocations of slice % do not sum to it', NEW.id, odd
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_run_sums';
    END IF;
    SELECT (extract(epoch FROM coalesce(t.derived_until, t.started_at) - t.started_at) * 1000)::bigint
        - coalesce((SELECT sum(ms) FROM worktime_slice WHERE session_id = t.id AND is_current), 0)
    INTO missing
    FROM worktime_session t WHERE t.id = NEW.session_id;
    IF missing <> 0 THEN
        RAISE EXCEPTION 'allocation run %: the slices of session % leave % ms out', NEW.id, NEW.session_id, missing
            USING ERRCODE = 'check_violation', CONSTRAINT = 'session_slices_tile';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER allocation_run_sums
    AFTER INSERT OR UPDATE ON worktime_allocationrun
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION worktime_check_run();
"""
DROP = """
DROP TRIGGER allocation_run_sums ON worktime_allocationrun;
DROP FUNCTION worktime_check_run();
"""

RUNS_SUM = [RunSQL(CREATE, DROP)]
