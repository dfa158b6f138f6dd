"""Which log entries speak of the same calls: entries that share an id, directly or through others. Pure."""

from collections.abc import Iterable


def clusters_of(keys: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Return the sets of ids that hang together, sorted; empty sets belong to none.

    A transfer names the legs of both calls, so consultation and customer's call are one cluster.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for group in keys:
        first: str | None = None
        for key in sorted(group):
            parent.setdefault(key, key)
            if first is None:
                first = root(key)
            else:
                parent[root(key)] = first
                first = root(first)
    members: dict[str, set[str]] = {}
    for key in parent:
        members.setdefault(root(key), set()).add(key)
    return sorted((frozenset(group) for group in members.values()), key=lambda group: min(group))
