"""Units bought ahead stay as they were proposed: a trigger."""

from django.db import migrations

KEPT = """
CREATE FUNCTION billing_keep_prepaid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.prepaid_units, OLD.prepaid_unit, OLD.prepaid_of, OLD.prepaid_priority)
        IS DISTINCT FROM (NEW.prepaid_units, NEW.prepaid_unit, NEW.prepaid_of, NEW.prepaid_priority) THEN
        RAISE EXCEPTION 'the prepaid units of add-on % stay as they were proposed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_keep_prepaid BEFORE UPDATE ON billing_addon
    FOR EACH ROW EXECUTE FUNCTION billing_keep_prepaid();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0028_prepaid_units")]

    operations = [migrations.RunSQL(KEPT, "DROP FUNCTION billing_keep_prepaid CASCADE")]
