"""Where a model's server is, and whether articles may be sent there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import httpx
from casebrief.models.errors import AddressRefused


@dataclass(frozen=True)
class Endpoint:
    """A server of the OpenAI API. ``base_url`` ends before "/chat/completions"; ``model`` is empty for the only one that it serves.

    ``hang_s``: seconds without a word after which it is taken to hang. ``context_tokens`` 0: as the server says.
    """

    base_url: str
    model: str = ""
    key: str = field(default="", repr=False)
    hang_s: float = 60.0
    context_tokens: int = 0

    @property
    def host(self) -> str:
        """Host and port, as they are told."""
        return httpx.URL(self.base_url).netloc.decode()

    @property
    def here(self) -> bool:
        """Whether the text of an article stays on this machine."""
        return is_loopback(httpx.URL(self.base_url).host)


def checked_address(given: str, *, plain_http: bool = False) -> str:
    """An address as `Endpoint` has it; without a path it gets "/v1".

    Raises `AddressRefused` where it is no address, holds a password or a query, or leads to another machine in the open and ``plain_http`` does not allow that.
    """
    try:
        url = httpx.URL(given)
    except httpx.InvalidURL as error:
        raise AddressRefused(f"CASEBRIEF_OPENAI_BASE_URL {given!r} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused(f"CASEBRIEF_OPENAI_BASE_URL {given!r} is no address of a server: it looks like http://127.0.0.1:8000/v1")
    if url.userinfo or url.query or url.fragment:
        raise AddressRefused("CASEBRIEF_OPENAI_BASE_URL holds a name, password, query or fragment: give a key by CASEBRIEF_OPENAI_API_KEY")
    if url.scheme == "http" and not plain_http and not is_loopback(url.host):
        raise AddressRefused(
            f"articles would go to {url.host} in the open: use https, or set CASEBRIEF_OPENAI_PLAIN_HTTP=true where the way there is safe (a tunnel, one rack)"
        )
    return str(url).rstrip("/") + ("/v1" if url.path == "/" else "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "localhost.example", "10.0.0.1")]
    [True, True, True, False, False]
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
