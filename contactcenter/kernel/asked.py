"""What a request asks for in its address, read with one kind of refusal."""

from contactcenter.kernel.errors import Invalid

MOST_DIGITS = 18


def number(text: str | None, *, field: str) -> int | None:
    """Return the whole number, None where nothing was said; Invalid, naming the field, for anything else."""
    if text is None or text == "":
        return None
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise Invalid("Expected a number.", field=field)
    return int(text)
