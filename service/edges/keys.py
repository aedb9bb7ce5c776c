"""Keys that clients show (``Authorization: Bearer …``): a file with a line for each, its name and its SHA-256.

A key is 32 random bytes, so that one round of SHA-256 keeps it as well as many would. It is shown when it is made, and stands nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import tempfile
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LINE = re.compile(rf"({_NAME.pattern}) ([0-9a-f]{{64}})")


class KeysFault(Exception):
    """The file cannot be read or written, or a name does not fit."""


class Keys:
    """The keys of one file. It is read at every look, so that what was added or removed holds at once."""

    def __init__(self, path: Path) -> None:
        """The file need not be there yet: then nobody has a key."""
        self._path = path

    def names(self) -> list[str]:
        """Who has a key, sorted. Raises `KeysFault`."""
        return sorted(self._digests())

    def add(self, name: str) -> str:
        """Make a key for a name that has none, and return it: the only time that it is told. Raises `KeysFault`."""
        digests = self._digests()
        if not _NAME.fullmatch(name):
            raise KeysFault(f"{name!r} is no name for a key: 1 to 64 letters, digits, dots, dashes and underscores")
        if name in digests:
            raise KeysFault(f"{name} has a key: remove it first, or take another name")
        key = f"cb_{secrets.token_urlsafe(32)}"
        self._write(digests | {name: _digest(key)})
        return key

    def remove(self, name: str) -> None:
        """Forget a name's key. Raises `KeysFault` where it has none."""
        digests = self._digests()
        if name not in digests:
            raise KeysFault(f"{name!r} has no key; those who have one: {', '.join(sorted(digests)) or 'nobody'}")
        del digests[name]
        self._write(digests)

    def know(self, key: str) -> bool:
        """Whether a key is one of them, in a time that does not tell how much of it is right. A file that cannot be read knows none."""
        return self.hold(_digest(key))

    def hold(self, shown: str) -> bool:
        """The same of a key's SHA-256, in hexadecimal digits."""
        try:
            digests = self._digests().values()
        except KeysFault:
            return False
        return sum(hmac.compare_digest(shown, digest) for digest in digests) > 0

    def _digests(self) -> dict[str, str]:
        """By name. Raises `KeysFault`."""
        try:
            lines = self._path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise KeysFault(f"{self._path}: the keys cannot be read: {error}") from error
        parsed = [(place, _LINE.fullmatch(line)) for place, line in enumerate(lines, 1) if line]
        for place, match in parsed:
            if match is None:
                raise KeysFault(f"{self._path}, line {place}: a name, a space and the SHA-256 of a key were expected")
        return {match[1]: match[2] for _, match in parsed if match}

    def _write(self, digests: dict[str, str]) -> None:
        """Write the file whole or not at all, for its owner alone."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="ascii") as part:  # its mode is 0600
                part.writelines(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
            Path(part.name).replace(self._path)
        except OSError as error:
            raise KeysFault(f"{self._path}: the keys cannot be written: {error.strerror}") from error


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def refuse_open_door(host: str, file: Path | None) -> None:
    """Raises `KeysFault` where a server would listen to other machines with no key to ask for, or its keys cannot be read."""
    names = Keys(file).names() if file else []
    if not names and not _loopback(host):
        told = f"{host} can be reached from other machines, and there is no key"
        raise KeysFault(f"{told}: set CASEBRIEF_API_KEYS_FILE and run casebrief keys add NAME, or serve on 127.0.0.1")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
