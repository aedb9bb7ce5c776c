"""The secret that signs webhooks."""

from __future__ import annotations

import base64
import binascii

PREFIX, SHORTEST = "whsec_", 24
"""What a secret begins with, and the bytes that it has at least."""

MAKE_ONE = "python3 -c \"import base64, secrets; print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for. Raises `ValueError`."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) < SHORTEST:
        raise ValueError(f"must be {PREFIX} and at least {SHORTEST} bytes as base64: {MAKE_ONE}")
    return key
