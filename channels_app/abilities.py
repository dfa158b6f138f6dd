"""What only some adapters can; the others simply lack the method. All raise `AdapterError` only."""

from typing import Protocol, runtime_checkable

from channels_app.contract import ApprovedTemplate, EndpointInfo


@runtime_checkable
class FetchesFiles(Protocol):
    """An adapter whose messages name files that the provider keeps."""

    def fetch_file(self, *, endpoint: EndpointInfo, reference: str, limit: int) -> bytes:
        """Return at most `limit` bytes; a larger file is a permanent AdapterError."""
        ...


@runtime_checkable
class KnowsNames(Protocol):
    """An adapter that can ask who a contact is whose messages bring no name."""

    def contact_name(self, *, endpoint: EndpointInfo, value: str) -> str:
        """Return the name behind a social point of contact, '' where the provider does not tell."""
        ...


@runtime_checkable
class HasTemplates(Protocol):
    """An adapter of a network that lets businesses write first with approved texts only."""

    def templates(self, *, endpoint: EndpointInfo) -> list[ApprovedTemplate]:
        """Return the approved templates."""
        ...
