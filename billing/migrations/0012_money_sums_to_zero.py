"""Every movement of money sums to zero, no wallet is below it, and nothing of it is ever changed: triggers."""

from django.db import migrations

SAME_ACCOUNT = [
    ("billing_latedecision", "invoice_id", "billing_invoice"),
    ("billing_dispute", "invoice_id", "billing_invoice"),
    ("billing_dispute", "line_id", "billing_invoiceline"),
    ("billing_dispute", "credit_note_id", "billing_invoice"),
    ("billing_disputemessage", "dispute_id", "billing_dispute"),
    ("billing_moneyentry", "movement_id", "billing_moneymovement"),
    ("billing_moneyentry", "invoice_id", "billing_invoice"),
    ("billing_reminder", "invoice_id", "billing_invoice"),
]
KEYS = ["billing_dispute", "billing_moneymovement"]

# Deferred: a movement's legs are inserted one after another.
BALANCED = """
CREATE FUNCTION billing_check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    summed numeric;
BEGIN
    SELECT sum(amount) INTO summed FROM billing_moneyentry WHERE movement_id = NEW.movement_id
        GROUP BY currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'movement % sums to %, not to zero', NEW.movement_id, summed
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_check_movement AFTER INSERT ON billing_moneyentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_movement();
"""
# The account's row is locked first, so that two movements at once do not both see the money.
FLOOR = """
CREATE FUNCTION billing_check_wallet() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    balance numeric;
BEGIN
    IF NEW.book <> 'wallet' OR NEW.amount >= 0 THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM tenancy_account WHERE id = NEW.account_id FOR NO KEY UPDATE;
    SELECT sum(amount) INTO balance FROM billing_moneyentry
        WHERE account_id = NEW.account_id AND currency = NEW.currency AND book = 'wallet';
    IF balance < 0 THEN
        RAISE EXCEPTION 'the wallet of account % would be at % %', NEW.account_id, balance, NEW.currency
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_check_wallet AFTER INSERT ON billing_moneyentry
    FOR EACH ROW EXECUTE FUNCTION billing_check_wallet();
"""
KEPT = """
CREATE FUNCTION billing_keep_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'money that moved never changes: move it back' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER billing_keep_money_entry BEFORE UPDATE OR DELETE ON billing_moneyentry
    FOR EACH ROW EXECUTE FUNCTION billing_keep_money();
CREATE TRIGGER billing_keep_money_movement BEFORE UPDATE OR DELETE ON billing_moneymovement
    FOR EACH ROW EXECUTE FUNCTION billing_keep_money();
"""


def _key(table: str) -> migrations.RunSQL:
    name = f"{table}_account_key"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def _same(table: str, column: str, parent: str) -> migrations.RunSQL:
    name = f"{table}_{column}_same_account"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} "
        f"FOREIGN KEY (account_id, {column}) REFERENCES {parent} (account_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_late_disputes_money_reminders")]

    operations = [
        *[_key(table) for table in KEYS],
        *[_same(*reference) for reference in SAME_ACCOUNT],
        migrations.RunSQL(BALANCED, "DROP FUNCTION billing_check_movement CASCADE"),
        migrations.RunSQL(FLOOR, "DROP FUNCTION billing_check_wallet CASCADE"),
        migrations.RunSQL(KEPT, "DROP FUNCTION billing_keep_money CASCADE"),
    ]
