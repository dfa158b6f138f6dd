"""Takes logs of a telephone system through the real intake and reports what became of them."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from channels_app.models import Endpoint, EndpointKind
from channels_app.phone.directory import BadSettings
from channels_app.phone.files import LogFormat, LogUnreadable, read_log
from channels_app.phone.following import follow_log, refuse_reason, stopping
from channels_app.phone.ingest import ImportReport, directory_of, import_entries
from channels_app.phone.recording import ImportedCall
from channels_app.phone.report import call_as_json
from channels_app.phone.table_mapping import TableMapping
from contactcenter.tenancy.doors import open_accounts, open_every_account

BAD_INPUT = 2


class Command(BaseCommand):
    """import_calls --format F --endpoint E FILE..."""

    help = (
        "Imports the logs of a telephone system: calls, tickets and operators' time. Importing the same lines again, "
        "in any order, changes nothing. Prints a JSON report; exit code 2 on bad input (rejected lines are no error: "
        "they are stored raw and reported with their reasons)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--format", required=True, dest="log_format", metavar="F", help=f"one of {', '.join(LogFormat)}"
        )
        parser.add_argument("--endpoint", required=True, metavar="E", help="address of the voice endpoint")
        parser.add_argument("--dry-run", action="store_true", help="report only; nothing is stored")
        parser.add_argument(
            "--follow",
            action="store_true",
            help="go on as the file grows, past rotation, until SIGTERM or Ctrl-C; a JSON line for each portion",
        )
        parser.add_argument(
            "--arrival",
            metavar="CSV",
            type=Path,
            help="byte_offset,received_epoch of an AMI recording without Timestamp (default: <name>-received.csv)",
        )
        parser.add_argument("--mapping", metavar="M", type=Path, help="YAML or JSON: what the columns of a table mean")
        parser.add_argument(
            "--timezone", metavar="Z", help="zone of local times (default: time_zone in the endpoint's settings)"
        )
        parser.add_argument(
            "--reject-file", metavar="R", type=Path, help="where rejected lines are written, as they stood"
        )
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read all files first, then import them as one; or follow one."""
        log_format = _format(options["log_format"])
        files: list[Path] = options["files"]
        if options["arrival"] and (log_format is not LogFormat.AMI or len(files) != 1):
            _refuse("--arrival belongs to exactly one file of format asterisk-ami")
        if (options["mapping"] is None) is (log_format is LogFormat.CSV):
            _refuse("--mapping belongs to format csv, which needs it")
        if options["follow"]:
            reason = refuse_reason(log_format=log_format, files=files, dry_run=options["dry_run"])
            if reason:
                _refuse(reason)
        mapping = _mapping(options["mapping"])
        endpoint = _endpoint(options["endpoint"])
        try:
            directory, accounts = directory_of(endpoint)
            zone = _zone(options["timezone"]) or directory.time_zone
            reached = {endpoint.account_id, *(account.pk for account in accounts.values())}
            if options["follow"]:
                with stopping() as wait:
                    for report, path in follow_log(
                        endpoint=endpoint,
                        log_format=log_format,
                        path=files[0],
                        time_zone=zone,
                        reached=reached,
                        wait=wait,
                    ):
                        _keep_rejected(options["reject_file"], report, heading=b"")
                        self._say(_answer(report, origins=[str(path)] * report.entries), options, indent=None)
                return
            read = [
                read_log(log_format=log_format, path=path, arrival=options["arrival"], time_zone=zone, mapping=mapping)
                for path in files
            ]
            with open_accounts(reached), _transaction(rolled_back=options["dry_run"]):
                report = import_entries(
                    endpoint=endpoint,
                    source=log_format,
                    entries=[entry for entries in read for entry in entries],
                    at=timezone.now(),
                )
        except LogUnreadable as error:
            _refuse(str(error))
        except BadSettings as error:
            _refuse(f"settings of endpoint {endpoint.address}: {error}")
        heading = files[0].read_bytes().partition(b"\n")[0] if mapping is not None and mapping.has_heading else b""
        _keep_rejected(options["reject_file"], report, heading=heading)
        origins = [str(path) for path, entries in zip(files, read, strict=True) for _ in entries]
        self._say(_answer(report, origins=origins), options, indent=1)

    def _say(self, answer: dict[str, Any], options: dict[str, Any], *, indent: int | None) -> None:
        shown = {"endpoint": options["endpoint"], "format": options["log_format"], "dry_run": options["dry_run"]}
        self.stdout.write(json.dumps({**shown, **answer}, ensure_ascii=False, indent=indent))
        self.stdout.flush()


def _refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=BAD_INPUT)


def _format(name: str) -> LogFormat:
    try:
        return LogFormat(name)
    except ValueError:
        _refuse(f"--format: {name!r} is not known; one of {', '.join(LogFormat)}")


def _endpoint(address: str) -> Endpoint:
    with open_every_account(reason="the endpoint's address tells the account"):
        endpoint = Endpoint.objects.select_related("account").filter(kind=EndpointKind.VOICE, address=address).first()
        if endpoint is None:
            known = (
                Endpoint.objects.filter(kind=EndpointKind.VOICE).order_by("address").values_list("address", flat=True)
            )
            _refuse(f"--endpoint: no voice endpoint {address!r}; there is {', '.join(known[:20]) or 'none'}")
    if not endpoint.is_active:
        _refuse(f"--endpoint: {address} is switched off")
    return endpoint


class _transaction:
    """Commit as the actions do, or run everything inside one transaction that is rolled back."""

    def __init__(self, *, rolled_back: bool) -> None:
        self._atomic = transaction.atomic() if rolled_back else None

    def __enter__(self) -> None:
        if self._atomic is not None:
            self._atomic.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._atomic is not None:
            if error is None:
                transaction.set_rollback(True)
            self._atomic.__exit__(kind, error, trace)


def _mapping(path: Path | None) -> TableMapping | None:
    if path is None:
        return None
    try:
        return TableMapping.from_text(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        _refuse(f"--mapping {path}: {getattr(error, 'strerror', None) or error}")


def _zone(name: str | None) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _refuse(f"--timezone: {name!r} is not a known zone")


def _keep_rejected(path: Path | None, report: ImportReport, *, heading: bytes) -> None:
    """Add the rejected lines to the file, under the table's heading, so that they can be mended and imported."""
    if path is None or not report.rejected:
        return
    try:
        with path.open("ab") as target:
            if heading and target.tell() == 0:
                target.write(heading.rstrip(b"\r") + b"\n")
            target.writelines(entry.raw + b"\n" for _, entry in report.rejected)
    except OSError as error:
        _refuse(f"--reject-file {path}: {error.strerror or error}")


def _answer(report: ImportReport, *, origins: list[str]) -> dict[str, Any]:
    return {
        "lines": report.entries,
        "stored_lines": report.stored,
        "duplicate_lines": report.duplicates,
        "passed_over_lines": report.passed_over,
        "rejected_lines": [
            {
                "file": origins[position],
                "line": entry.line,
                "reason": entry.rejected,
                "start": entry.raw[:80].decode("utf-8", errors="replace"),
            }
            for position, entry in report.rejected
        ],
        "calls_created": report.count("created"),
        "calls_updated": report.count("updated"),
        "calls_unchanged": report.count("unchanged"),
        "calls_internal": report.count("internal"),
        "calls": [_call(imported) for imported in report.calls],
    }


def _call(imported: ImportedCall) -> dict[str, Any]:
    ticket = imported.row.ticket if imported.row is not None else None
    return {
        "status": imported.status,
        "account": imported.account,
        "ticket": ticket.number if ticket is not None else None,
        **call_as_json(imported.call),
    }
