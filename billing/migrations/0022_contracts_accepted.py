"""Contracts that were there before price sheets were accepted: what they bound to counts as accepted, and says so.

Their sheet holds the terms alone; the words are made anew when it is shown.
"""

import hashlib
import json

from django.db import migrations
from django.utils import timezone

NAME = "imported"


def import_acceptances(apps, schema_editor) -> None:
    """Add an acceptance for each version in force of each contract, from its first day there, with an audit row."""
    contracts = apps.get_model("billing", "Contract")._base_manager
    versions = apps.get_model("billing", "TariffVersion")._base_manager
    acceptances = apps.get_model("billing", "PriceAcceptance")._base_manager
    entries = apps.get_model("kernel", "AuditEntry")._base_manager
    at = timezone.now()
    for contract in contracts.order_by("id"):
        for version in versions.filter(tariff_id=contract.tariff_id, state="in_force").order_by("effective_from"):
            first = max(version.effective_from, contract.starts_on)
            if contract.ends_on is not None and first >= contract.ends_on:
                continue
            sheet = {"terms": version.document}
            text = json.dumps(sheet, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            acceptance, is_new = acceptances.get_or_create(
                account_id=contract.account_id,
                tariff_version_id=version.pk,
                effective_from=first,
                defaults={
                    "source": "imported",
                    "accepted_at": at,
                    "accepted_name": NAME,
                    "evidence": f"contract {contract.pk} of {contract.starts_on}",
                    "sheet": sheet,
                    "sheet_hash": hashlib.sha256(text.encode()).hexdigest(),
                },
            )
            if is_new:
                entries.create(
                    account_id=contract.account_id,
                    action="prices.accepted",
                    target_type="billing.priceacceptance",
                    target_id=acceptance.pk,
                    data={"source": "imported", "version": version.pk, "hash": acceptance.sheet_hash},
                )


class Migration(migrations.Migration):
    dependencies = [("billing", "0021_quotes_kept"), ("kernel", "0001_initial")]

    operations = [migrations.RunPython(import_acceptances, migrations.RunPython.noop)]
