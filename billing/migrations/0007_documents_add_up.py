"""The database itself checks a document when it is issued: sums, number, chain, and what a credit note takes back."""

from django.db import migrations

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
# A credit note is of the account whose invoice it corrects, a credited line of the same account's document.
REFERENCES = """
ALTER TABLE billing_invoice ADD CONSTRAINT billing_invoice_corrects_id_same_account
    FOREIGN KEY (account_id, corrects_id) REFERENCES billing_invoice (account_id, id);
ALTER TABLE billing_invoiceline ADD CONSTRAINT billing_invoiceline_credits_id_same_account
    FOREIGN KEY (account_id, credits_id) REFERENCES billing_invoiceline (account_id, id);
"""
NO_REFERENCES = """
ALTER TABLE billing_invoice DROP CONSTRAINT billing_invoice_corrects_id_same_account;
ALTER TABLE billing_invoiceline DROP CONSTRAINT billing_invoiceline_credits_id_same_account;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_documents_complete")]

    operations = [
        migrations.RunSQL(ISSUE, "DROP FUNCTION billing_check_issue CASCADE"),
        migrations.RunSQL(REFERENCES, NO_REFERENCES),
    ]
