"""Orders that were counted wrong are corrected by rows of their own, which are kept: a trigger."""

from django.db.migrations import RunSQL

CORRECTION = """
CREATE FUNCTION tickets_keep_order_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order correction % is kept: correct again', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tickets_keep_order_correction BEFORE UPDATE OR DELETE ON tickets_ordercorrection
    FOR EACH ROW EXECUTE FUNCTION tickets_keep_order_correction();
"""

KEPT = [RunSQL(CORRECTION, "DROP FUNCTION tickets_keep_order_correction CASCADE")]
