"""Telling somebody of a job's end: one signed request (Standard Webhooks 1.0), to this machine or to hosts that were listed, tried again for a while.

No redirect is followed and no proxy is asked: the address that was checked is the one that is called. What is sent holds no word of an article.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt, wait_exponential

TRIES = 8
PATIENCE_S = 10.0
"""What one try may take, in seconds."""

LONGEST = 2000
"""Characters of an address."""


def checked(address: str, hosts: Collection[str]) -> str:
    """The address, if it may be called: on this machine, or on one of the ``hosts``. Raises `ValueError` with what is wrong with it."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host or len(address) > LONGEST:
        raise ValueError(f"must be an address of http or https of at most {LONGEST} characters")
    if url.userinfo or url.fragment:
        raise ValueError("must have no user, password or fragment in it")
    if not _loopback(url.host) and url.host not in hosts:
        raise ValueError(f"{url.host} is neither this machine nor one of the hosts in CASEBRIEF_WEBHOOK_HOSTS")
    return address


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def signed(key: bytes, name: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message: its id, the second since 1970 in which it is sent, and the HMAC-SHA256 of both and the body."""
    signature = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": f"v1,{base64.b64encode(signature).decode()}"}


Sleep = Callable[[float], Awaitable[Any]]


async def deliver(address: str, key: bytes, name: str, body: bytes, clock: Callable[[], float], sleep: Sleep) -> bool:
    """Send a message until it is taken (2xx), at most `TRIES` times, waiting twice as long each time; whether it was."""
    retrying = AsyncRetrying(
        stop=stop_after_attempt(TRIES), wait=wait_exponential(multiplier=2, max=300), retry=retry_if_exception_type(httpx.HTTPError), sleep=sleep
    )
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=PATIENCE_S) as client:
        try:
            async for attempt in retrying:
                with attempt:
                    headers = {"Content-Type": "application/json", "User-Agent": "casebrief", **signed(key, name, int(clock()), body)}
                    async with client.stream("POST", address, content=body, headers=headers) as answer:
                        answer.raise_for_status()
        except RetryError:
            return False
    return True
