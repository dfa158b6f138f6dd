"""Writes the frames that a manager connection sends, for calls made up in tests. Seconds count from 1700000000."""

from dataclasses import dataclass

EPOCH = 1_700_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One leg as every frame about it names it."""

    id: str
    linked: str
    name: str
    number: str = "<unknown>"

    def headers(self, prefix: str = "") -> dict[str, str]:
        """The headers of the leg, as the main channel or with the prefix of another role."""
        return {
            f"{prefix}Channel": self.name,
            f"{prefix}CallerIDNum": self.number,
            f"{prefix}Uniqueid": self.id,
            f"{prefix}Linkedid": self.linked,
        }


def frame(event: str, second: float, **headers: str) -> str:
    """One event frame with its Timestamp."""
    lines = [f"Event: {event}", f"Timestamp: {EPOCH + second:.6f}", *(f"{name}: {headers[name]}" for name in headers)]
    return "\r\n".join(lines) + "\r\n\r\n"


def about(event: str, second: float, channel: Channel, **headers: str) -> str:
    """A frame about one leg."""
    return frame(event, second, **channel.headers(), **headers)


def between(event: str, second: float, channel: Channel, other: Channel, **headers: str) -> str:
    """A frame about a leg and the leg it rings or speaks with."""
    return frame(event, second, **channel.headers(), **other.headers("Dest"), **headers)
