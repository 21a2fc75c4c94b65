"""Web addresses that browsers and programs send about themselves: anything may stand in them."""

from urllib.parse import urlsplit


def host_of(address: str) -> str:
    """The host, with its port, that ``address`` names; "" when it names none or is no address at all."""
    try:
        return urlsplit(address).netloc
    except ValueError:  # such as "http://["
        return ""
