"""Payments, files of the bank, wallets and reminders."""

import secrets
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import actions
from billing.api.invoices import visible_invoice
from billing.api.reading import ExactJSONParser, ReadsBills, account_of, actor_id, body, whole
from billing.api.serializers import Shape
from billing.bank_files import BankFile, BankFileError, read_camt, read_csv
from billing.models import Payment, PaymentSource, Reminder
from billing.money import currency_digits, money_text
from billing.money_owed import open_balances, overdue_invoices, wallet_balances
from contactcenter.kernel.errors import DomainError, Invalid
from contactcenter.tenancy.permissions import IsBilling

PAGE = 50
LARGEST_FILE = 20 * 1024 * 1024
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before")


class PaymentSerializer(Shape):
    """A payment. account null: it waits for a person to say whose it is."""

    id = serializers.IntegerField()
    source = serializers.ChoiceField(choices=PaymentSource.choices)  # type: ignore[assignment]
    amount = serializers.CharField()
    currency = serializers.CharField()
    paid_on = serializers.DateField()
    payer = serializers.CharField()
    reference = serializers.CharField()
    account = serializers.IntegerField(allow_null=True)
    account_name = serializers.CharField(allow_null=True)


class PaymentPageSerializer(Shape):
    """Payments, newest first."""

    results = PaymentSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewPaymentSerializer(Shape):
    """A payment to record by hand; `key` makes a second sending harmless."""

    account = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=4)
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    paid_on = serializers.DateField()
    reference = serializers.CharField(max_length=500, allow_blank=True, default="")
    key = serializers.CharField(max_length=60, required=False)


class MatchSerializer(Shape):
    """Whose a payment is."""

    account = serializers.IntegerField()


class BankFileSerializer(Shape):
    """A file of the bank."""

    file = serializers.FileField()


class ImportedSerializer(Shape):
    """What reading a file did; skipped: entries that are no payment, each with its reason."""

    matched = serializers.IntegerField()
    unmatched = serializers.IntegerField()
    known = serializers.IntegerField()
    skipped = serializers.ListField(child=serializers.CharField())


class MoneySerializer(Shape):
    """An account's money in one currency: open on invoices, in the wallet; owed = open - wallet."""

    currency = serializers.CharField()
    open = serializers.CharField()
    wallet = serializers.CharField()
    owed = serializers.CharField()


class BalanceSerializer(Shape):
    """An account's money by currency."""

    results = MoneySerializer(many=True)


class SettleSerializer(Shape):
    """Which wallet to pay open invoices from."""

    account = serializers.IntegerField()
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class SettledSerializer(Shape):
    """How many invoices got money."""

    settled = serializers.IntegerField()


class RefundSerializer(SettleSerializer):
    """Money that went back to the account."""

    amount = serializers.DecimalField(max_digits=20, decimal_places=4)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class ReminderSerializer(Shape):
    """A reminder as it was written."""

    id = serializers.IntegerField()
    level = serializers.IntegerField()
    recipient = serializers.CharField()
    subject = serializers.CharField()
    body = serializers.CharField()
    written_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class ReminderListSerializer(Shape):
    """An invoice's reminders, the first first."""

    results = ReminderSerializer(many=True)


class RemindedSerializer(Shape):
    """How many reminders were written, and why others were not."""

    written = serializers.IntegerField()
    refused = serializers.ListField(child=serializers.CharField())


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.pk,
        "source": payment.source,
        "amount": money_text(amount=payment.amount, digits=max(2, currency_digits(currency=payment.currency))),
        "currency": payment.currency,
        "paid_on": payment.paid_on,
        "payer": payment.payer,
        "reference": payment.reference,
        "account": payment.account_id,
        "account_name": payment.account.name if payment.account else None,
    }


class PaymentsView(APIView):
    """GET, POST /api/v1/payments/"""

    permission_classes = [IsBilling]
    parser_classes = [ExactJSONParser]

    @extend_schema(
        operation_id="payments",
        parameters=[CURSOR, OpenApiParameter("unmatched", OpenApiTypes.BOOL, description="only those of nobody yet")],
        responses=PaymentPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the payments, newest first."""
        found = Payment.objects.select_related("account").order_by("-pk")
        if request.query_params.get("unmatched") in ("1", "true"):
            found = found.filter(account__isnull=True)
        if cursor := request.query_params.get("cursor"):
            found = found.filter(pk__lt=whole(cursor, field="cursor"))
        rows = list(found[: PAGE + 1])
        page = {
            "results": [_payment(row) for row in rows[:PAGE]],
            "next": str(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        }
        return Response(PaymentPageSerializer(page).data)

    @extend_schema(operation_id="payment_record", request=NewPaymentSerializer, responses={201: PaymentSerializer})
    def post(self, request: Request) -> Response:
        """Record a payment; it pays the invoices its reference names, the rest stays in the account's wallet."""
        values = body(request, NewPaymentSerializer)
        payment = actions.record_payment(
            account_id=values["account"],
            amount=values["amount"],
            currency=values["currency"],
            paid_on=values["paid_on"],
            reference=values["reference"],
            external_id=f"manual:{values.get('key') or secrets.token_hex(16)}",
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(PaymentSerializer(_payment(payment)).data, status=201)


class PaymentFileView(APIView):
    """POST /api/v1/payments/import/"""

    permission_classes = [IsBilling]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="payments_import",
        request={"multipart/form-data": BankFileSerializer},
        responses=ImportedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Read a CSV or CAMT.053 file of the bank; reading it again changes nothing."""
        file = request.FILES.get("file")
        if file is None:
            raise Invalid("Send a file.", field="file")
        if (file.size or 0) > LARGEST_FILE:
            raise Invalid(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB.", field="file")
        source, read = _read(file.read())
        imported = actions.import_payments(file=read, source=source, at=timezone.now(), actor_id=actor_id(request))
        return Response(ImportedSerializer(imported).data)


def _read(content: bytes) -> tuple[PaymentSource, BankFile]:
    try:
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            return PaymentSource.CAMT, read_camt(content=content)
        return PaymentSource.CSV, read_csv(text=content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Invalid(f"The file is not UTF-8 text (byte {error.start}).", field="file") from error
    except BankFileError as error:
        raise Invalid(f"The file {error}.", field="file") from error


class MatchView(APIView):
    """POST /api/v1/payments/{id}/match/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="payment_match", request=MatchSerializer, responses=PaymentSerializer)
    def post(self, request: Request, payment_id: int) -> Response:
        """Say whose an unmatched payment is."""
        values = body(request, MatchSerializer)
        payment = actions.match_payment(
            payment_id=payment_id, account_id=values["account"], at=timezone.now(), actor_id=actor_id(request)
        )
        return Response(PaymentSerializer(_payment(payment)).data)


class BalanceView(APIView):
    """GET /api/v1/balance/"""

    permission_classes = [ReadsBills]

    @extend_schema(
        operation_id="balance",
        parameters=[OpenApiParameter("account", OpenApiTypes.INT, required=True)],
        responses=BalanceSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return what an account owes and what is in its wallet."""
        account = account_of(request)
        opens, wallets = open_balances(account_id=account.pk), wallet_balances(account_id=account.pk)
        rows = []
        for currency in sorted({*opens, *wallets} or {account.currency}):
            digits = max(2, currency_digits(currency=currency))
            opened, held = opens.get(currency, Decimal(0)), wallets.get(currency, Decimal(0))
            amounts = {"open": opened, "wallet": held, "owed": opened - held}
            rows.append(
                {"currency": currency}
                | {name: money_text(amount=amount, digits=digits) for name, amount in amounts.items()}
            )
        return Response(BalanceSerializer({"results": rows}).data)


class SettleView(APIView):
    """POST /api/v1/wallet/settle/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="wallet_settle", request=SettleSerializer, responses=SettledSerializer)
    def post(self, request: Request) -> Response:
        """Pay an account's open invoices from its wallet, the longest due first."""
        values = body(request, SettleSerializer)
        settled = actions.settle_from_wallet(
            account_id=values["account"],
            currency=values["currency"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(SettledSerializer({"settled": settled}).data)


class RefundView(APIView):
    """POST /api/v1/wallet/refund/"""

    permission_classes = [IsBilling]
    parser_classes = [ExactJSONParser]

    @extend_schema(operation_id="wallet_refund", request=RefundSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Note that money went back to the account."""
        values = body(request, RefundSerializer)
        actions.refund_wallet(
            account_id=values["account"],
            amount=values["amount"],
            currency=values["currency"],
            note=values["note"],
            at=timezone.now(),
            actor_id=actor_id(request),
        )
        return Response(status=204)


class RemindersView(APIView):
    """GET, POST /api/v1/invoices/{id}/reminders/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="invoice_reminders", responses=ReminderListSerializer)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Return an invoice's reminders."""
        rows = Reminder.objects.filter(invoice=visible_invoice(request, invoice_id)).order_by("level")
        return Response(ReminderListSerializer({"results": rows}).data)

    @extend_schema(operation_id="invoice_remind", request=None, responses={201: ReminderSerializer})
    def post(self, request: Request, invoice_id: int) -> Response:
        """Write and send the next reminder of an overdue invoice."""
        invoice = visible_invoice(request, invoice_id)
        reminder = actions.write_reminder(invoice_id=invoice.pk, at=timezone.now(), actor_id=actor_id(request))
        return Response(ReminderSerializer(reminder).data, status=201)


class RemindAllView(APIView):
    """POST /api/v1/reminders/"""

    permission_classes = [IsBilling]

    @extend_schema(operation_id="remind_all", request=None, responses=RemindedSerializer)
    def post(self, request: Request) -> Response:
        """Write the next reminder of every overdue invoice for which one is due."""
        at, written, refused = timezone.now(), 0, []
        for invoice in overdue_invoices(on=at.date()):
            try:
                actions.write_reminder(invoice_id=invoice.pk, at=at, actor_id=actor_id(request))
                written += 1
            except DomainError as error:
                refused.append(f"{invoice.number}: {error.message}")
        return Response(RemindedSerializer({"written": written, "refused": refused}).data)
