"""The telephones of operators: those of their names that are technology and device, as PJSIP/101."""

from contactcenter.operators.models import OperatorAlias


def interfaces_of(*, operator_id: int) -> list[str]:
    """Return every name of an operator by which a telephone system may tell of them, Local/ channels among them."""
    names = OperatorAlias.objects.filter(operator_id=operator_id, name__contains="/").order_by("pk")
    return list(names.values_list("name", flat=True))


def interface_of(*, operator_id: int) -> str:
    """Return the telephone of an operator (PJSIP/101), '' where none is known."""
    return next((name for name in interfaces_of(operator_id=operator_id) if not name.startswith("Local/")), "")
