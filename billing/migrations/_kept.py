"""The database itself keeps what is in force, issued, moved, sent, accepted or proposed, whoever asks: triggers."""

from django.db.migrations import RunSQL

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

MONEY = """
CREATE FUNCTION billing_keep_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'money that moved never changes: move it back' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER billing_keep_money_entry BEFORE UPDATE OR DELETE ON billing_moneyentry
    FOR EACH ROW EXECUTE FUNCTION billing_keep_money();
CREATE TRIGGER billing_keep_money_movement BEFORE UPDATE OR DELETE ON billing_moneymovement
    FOR EACH ROW EXECUTE FUNCTION billing_keep_money();
"""

# What it charges for never changes once it is proposed, nor anything of it back over what was billed.
ADD_ON = """
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

PREPAID = """
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

# what may change once a quote was sent: how it ended
QUOTE = """
CREATE FUNCTION billing_keep_quote() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['status', 'decided_at', 'decided_by_id', 'decided_name', 'reason'];
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.status <> 'sent' OR NEW.status = 'draft'
       OR to_jsonb(NEW) - ending IS DISTINCT FROM to_jsonb(OLD) - ending THEN
        RAISE EXCEPTION 'quote % was sent and never changes', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_keep_quote BEFORE UPDATE OR DELETE ON billing_quote
    FOR EACH ROW EXECUTE FUNCTION billing_keep_quote();
"""

ACCEPTANCE = """
CREATE FUNCTION billing_keep_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'acceptance % of prices never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER billing_keep_acceptance BEFORE UPDATE OR DELETE ON billing_priceacceptance
    FOR EACH ROW EXECUTE FUNCTION billing_keep_acceptance();
"""

KEPT = [
    RunSQL(VERSION, "DROP FUNCTION billing_keep_version CASCADE"),
    RunSQL(INVOICE, "DROP FUNCTION billing_keep_invoice CASCADE"),
    RunSQL(LINE, "DROP FUNCTION billing_keep_invoice_line CASCADE"),
    RunSQL(CONTACT, "DROP FUNCTION billing_keep_invoice_contact CASCADE"),
    RunSQL(MONEY, "DROP FUNCTION billing_keep_money CASCADE"),
    RunSQL(ADD_ON, "DROP FUNCTION billing_keep_add_on CASCADE"),
    RunSQL(PREPAID, "DROP FUNCTION billing_keep_prepaid CASCADE"),
    RunSQL(QUOTE, "DROP FUNCTION billing_keep_quote CASCADE"),
    RunSQL(ACCEPTANCE, "DROP FUNCTION billing_keep_acceptance CASCADE"),
]
