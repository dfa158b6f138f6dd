"""What an add-on charges for never changes once it is proposed, nor anything of it back over what was billed: a trigger."""

from django.db import migrations

KEPT = """
CREATE FUNCTION billing_keep_add_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    billed date;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'add-on % is kept: withdraw, decline or end it', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.account_id, OLD.kind, OLD.code, OLD.name, OLD.description, OLD.quantity, OLD.amount, OLD.currency,
        OLD.tax_code, OLD.prorate, OLD.starts_on, OLD.proposed_side, OLD.proposed_at, OLD.proposed_by_id)
        IS DISTINCT FROM
       (NEW.account_id, NEW.kind, NEW.code, NEW.name, NEW.description, NEW.quantity, NEW.amount, NEW.currency,
        NEW.tax_code, NEW.prorate, NEW.starts_on, NEW.proposed_side, NEW.proposed_at, NEW.proposed_by_id) THEN
        RAISE EXCEPTION 'add-on % stays as it was proposed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ends_on IS DISTINCT FROM NEW.ends_on AND (NEW.ends_on IS NULL OR NEW.ends_on > OLD.ends_on) THEN
        RAISE EXCEPTION 'add-on % is never extended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT max(invoice.period_end) INTO billed FROM billing_invoiceline line
        JOIN billing_invoice invoice ON invoice.id = line.invoice_id
        WHERE line.add_on_id = OLD.id AND invoice.status = 'issued' AND invoice.kind = 'invoice' AND NOT EXISTS (
            SELECT 1 FROM billing_invoice note
            WHERE note.corrects_id = invoice.id AND note.reason_code = 'cancellation');
    IF billed IS NOT NULL AND (
        OLD.state IS DISTINCT FROM NEW.state
        OR (OLD.ends_on IS DISTINCT FROM NEW.ends_on AND (OLD.kind = 'one_off' OR NEW.ends_on < billed))
    ) THEN
        RAISE EXCEPTION 'add-on % is billed up to %', OLD.id, billed USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_keep_add_on BEFORE UPDATE OR DELETE ON billing_addon
    FOR EACH ROW EXECUTE FUNCTION billing_keep_add_on();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_add_ons")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE billing_addon ADD CONSTRAINT billing_addon_account_key UNIQUE (account_id, id)",
            "ALTER TABLE billing_addon DROP CONSTRAINT billing_addon_account_key",
        ),
        migrations.RunSQL(
            "ALTER TABLE billing_invoiceline ADD CONSTRAINT billing_invoiceline_add_on_id_same_account "
            "FOREIGN KEY (account_id, add_on_id) REFERENCES billing_addon (account_id, id)",
            "ALTER TABLE billing_invoiceline DROP CONSTRAINT billing_invoiceline_add_on_id_same_account",
        ),
        migrations.RunSQL(KEPT, "DROP FUNCTION billing_keep_add_on CASCADE"),
    ]
