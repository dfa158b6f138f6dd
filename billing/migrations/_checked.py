"""The database itself checks that an issued document adds up, money sums to zero and no wallet is below it: triggers."""

from django.db.migrations import RunSQL

# BR-CO-10, 13, 14 and 15 of EN 16931 for the row and its lines; a number without a gap; a link to the document before.
ISSUE = """
CREATE FUNCTION billing_check_issue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    summed numeric;
    taxed numeric;
    based numeric;
    expected bigint;
    chained record;
    wrong bigint;
BEGIN
    IF NEW.status <> 'issued' THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(amount), 0) INTO summed FROM billing_invoiceline WHERE invoice_id = NEW.id;
    SELECT coalesce(sum((tax->>'amount')::numeric), 0), coalesce(sum((tax->>'base')::numeric), 0) INTO taxed, based
        FROM jsonb_array_elements(NEW.taxes) AS tax;
    IF summed <> NEW.net OR taxed <> NEW.tax OR based <> NEW.net THEN
        RAISE EXCEPTION 'document % does not add up: lines %, bases %, net %, taxes %, tax %',
            NEW.number, summed, based, NEW.net, taxed, NEW.tax USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(max(sequence), 0) + 1 INTO expected
        FROM billing_invoice WHERE series_id = NEW.series_id AND id <> NEW.id;
    IF NEW.sequence <> expected THEN
        RAISE EXCEPTION 'document % takes % where its series goes on with %', NEW.number, NEW.sequence, expected
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT chain.length, chain.head INTO chained FROM billing_documentchain chain
        JOIN billing_numberseries series ON series.issuer_id = chain.issuer_id WHERE series.id = NEW.series_id;
    IF chained IS NULL OR NEW.chain_position <> chained.length + 1 OR NEW.previous_hash <> chained.head THEN
        RAISE EXCEPTION 'document % is not the next of its chain', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'credit_note' THEN
        SELECT line.id INTO wrong FROM billing_invoiceline line
            LEFT JOIN billing_invoiceline origin ON origin.id = line.credits_id AND origin.invoice_id = NEW.corrects_id
            WHERE line.invoice_id = NEW.id AND (origin.id IS NULL OR origin.tax_code <> line.tax_code) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'line % of credit note % mirrors no line of its invoice', wrong, NEW.number
                USING ERRCODE = 'check_violation';
        END IF;
        SELECT origin.id INTO wrong FROM billing_invoiceline origin
            JOIN billing_invoiceline line ON line.credits_id = origin.id
            WHERE origin.invoice_id = NEW.corrects_id GROUP BY origin.id
            HAVING (origin.amount + sum(line.amount)) * sign(origin.amount) < 0
                OR sum(line.amount) * sign(origin.amount) > 0 OR (origin.amount = 0 AND sum(line.amount) <> 0) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'credit note % takes back more of line % than it charged', NEW.number, wrong
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.revision > 1 THEN
        PERFORM 1 FROM billing_invoice former JOIN billing_invoice note
            ON note.corrects_id = former.id AND note.status = 'issued' AND note.reason_code = 'cancellation'
            WHERE former.account_id = NEW.account_id AND former.period = NEW.period AND former.kind = 'invoice'
                AND former.revision = NEW.revision - 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'revision % of % follows an invoice that is not cancelled', NEW.revision, NEW.period
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    PERFORM 1 FROM billing_invoicelineusage contact JOIN billing_invoiceline line ON line.id = contact.line_id
        WHERE line.invoice_id = NEW.id AND contact.revision <> NEW.revision LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'document % has contacts of another revision', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_check_issue AFTER INSERT OR UPDATE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_check_issue();
"""

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

CHECKED = [
    RunSQL(ISSUE, "DROP FUNCTION billing_check_issue CASCADE"),
    RunSQL(BALANCED, "DROP FUNCTION billing_check_movement CASCADE"),
    RunSQL(FLOOR, "DROP FUNCTION billing_check_wallet CASCADE"),
]
