"""The database itself keeps what was offered and accepted, within its account."""

from django.db import migrations

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

SAME_ACCOUNT = """
ALTER TABLE billing_quote ADD CONSTRAINT billing_quote_account_key UNIQUE (account_id, id);
ALTER TABLE billing_priceacceptance ADD CONSTRAINT billing_priceacceptance_quote_id_same_account
    FOREIGN KEY (account_id, quote_id) REFERENCES billing_quote (account_id, id);
"""
ANY_ACCOUNT = """
ALTER TABLE billing_priceacceptance DROP CONSTRAINT billing_priceacceptance_quote_id_same_account;
ALTER TABLE billing_quote DROP CONSTRAINT billing_quote_account_key;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_quotes")]

    operations = [
        migrations.RunSQL(SAME_ACCOUNT, ANY_ACCOUNT),
        migrations.RunSQL(QUOTE, "DROP FUNCTION billing_keep_quote CASCADE"),
        migrations.RunSQL(ACCEPTANCE, "DROP FUNCTION billing_keep_acceptance CASCADE"),
    ]
