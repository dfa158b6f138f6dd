"""The database itself refuses to change a tariff version in force or an issued invoice, whoever asks."""

from django.db import migrations

VERSION = """
CREATE FUNCTION billing_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'in_force' THEN
        RAISE EXCEPTION 'tariff version % is in force and never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_keep_version BEFORE UPDATE OR DELETE ON billing_tariffversion
    FOR EACH ROW EXECUTE FUNCTION billing_keep_version();
"""

INVOICE = """
CREATE FUNCTION billing_keep_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'issued' THEN
        RAISE EXCEPTION 'invoice % is issued and never changes', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_keep_invoice BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_keep_invoice();
"""

# FOR SHARE: a line cannot slip in while another transaction is issuing its invoice.
LINE = """
CREATE FUNCTION billing_keep_invoice_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoice bigint;
    held record;
BEGIN
    FOR invoice IN SELECT DISTINCT id FROM unnest(ARRAY[
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.invoice_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.invoice_id END
    ]) AS id WHERE id IS NOT NULL LOOP
        SELECT status, number INTO held FROM billing_invoice WHERE id = invoice FOR SHARE;
        IF held.status = 'issued' THEN
            RAISE EXCEPTION 'invoice % is issued and its lines never change', held.number
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_keep_invoice_line BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_keep_invoice_line();
"""

# One look-up a statement instead of one a contact: an invoice may list a hundred thousand of them.
CONTACT = """
CREATE FUNCTION billing_keep_invoice_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM touched
        JOIN billing_invoiceline line ON line.id = touched.line_id
        JOIN billing_invoice invoice ON invoice.id = line.invoice_id
        WHERE invoice.status = 'issued' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'an issued invoice and its contacts never change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_keep_invoice_contact_added AFTER INSERT ON billing_invoicelineusage
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_invoice_contact();
CREATE TRIGGER billing_keep_invoice_contact_changed AFTER UPDATE ON billing_invoicelineusage
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_invoice_contact();
CREATE TRIGGER billing_keep_invoice_contact_moved AFTER UPDATE ON billing_invoicelineusage
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_invoice_contact();
CREATE TRIGGER billing_keep_invoice_contact_gone AFTER DELETE ON billing_invoicelineusage
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_invoice_contact();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_same_account")]

    operations = [
        migrations.RunSQL(VERSION, "DROP FUNCTION billing_keep_version CASCADE"),
        migrations.RunSQL(INVOICE, "DROP FUNCTION billing_keep_invoice CASCADE"),
        migrations.RunSQL(LINE, "DROP FUNCTION billing_keep_invoice_line CASCADE"),
        migrations.RunSQL(CONTACT, "DROP FUNCTION billing_keep_invoice_contact CASCADE"),
    ]
