"""Keys of a Meilisearch server that may do no more than they must: whoever steals the one for searching cannot write."""

from typing import Final

import meilisearch

from matching.meilisearch_server import server_errors

_SEARCHES: Final = ["search"]
_WRITES: Final = [
    *("documents.add", "documents.get"),
    *("indexes.create", "indexes.get", "indexes.swap", "indexes.delete"),
    *("settings.update", "tasks.get"),
]


def make_keys(url: str, master_key: str, name: str) -> tuple[str, str]:
    """Makes a key that may search and one that may write, both for the indexes of that name only. Raises SearchUnavailable."""
    client = meilisearch.Client(url, master_key, timeout=10)
    with server_errors():
        return _make(client, name, "search", _SEARCHES), _make(client, name, "write", _WRITES)


def _make(client: meilisearch.Client, name: str, purpose: str, actions: list[str]) -> str:
    wanted = {
        "name": f"{name}: {purpose}",
        "description": f"May only {purpose}, and only the indexes of {name}.",
        "actions": actions,
        "indexes": [f"{name}-*"],
        "expiresAt": None,
    }
    return str(client.create_key(wanted).key)
