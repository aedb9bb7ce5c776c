"""The cases of an input, one after the other: the lines of a file, or the folders of a folder. No more than one is held at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from casebrief.service.batch.errors import InputUnusable

CHUNK = 1 << 20
"""Bytes that are read at once of what is only hashed."""


@dataclass(frozen=True)
class Folder:
    """A case of files, by name: their contents, unless they have more ``size`` in bytes than may be; ``fault`` is what the system refused."""

    name: str
    files: tuple[tuple[Path, bytes], ...] = ()
    size: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Case:
    """One case: ``number`` is its line, or its folder's place, from 1; ``content`` the line without its end, ``None`` where it is too long, or the folder.

    ``seen`` is the SHA-256 of the input up to its end. ``begins`` and ``ends``: where it lies in the input, in the measure of `Cases.size`.
    """

    number: int
    content: bytes | Folder | None
    seen: str
    begins: int
    ends: int


@dataclass(frozen=True)
class Cases:
    """What iterates over the cases of an input, each time anew; ``size``: bytes or folders, ``None`` where that is not known."""

    each: Callable[[], Iterator[Case]]
    size: int | None

    def __iter__(self) -> Iterator[Case]:
        return self.each()


def cases_of(path: Path, most: int) -> Cases:
    """The cases of a file, or of a folder: lines, or files of a case together, of at most ``most`` bytes. Raises `InputUnusable`."""
    try:
        if path.is_dir():
            names = folders_of(path)
            return Cases(lambda: _of_folders(path, names, most), len(names))
        size = path.stat().st_size
        if not path.is_file():
            return Cases(lambda: _of_lines(path, most), None)  # a pipe, which can be opened once
        path.open("rb").close()
    except OSError as error:
        raise InputUnusable(f"{path}: {error.strerror}; name a file with a case a line, or a folder with a folder for each case") from None
    return Cases(lambda: _of_lines(path, most), size)


def _of_lines(path: Path, most: int) -> Iterator[Case]:
    """Lines that are not blank."""
    digest, number, begins = hashlib.sha256(), 0, 0
    with path.open("rb") as file:
        while line := file.readline(most + 1):
            number += 1
            ends = begins + len(line)
            content = line.removesuffix(b"\n")
            digest.update(content)
            too_long = len(content) > most
            if too_long:
                ends += _passed_over(file, digest.update)
            digest.update(b"\n")  # also where the last line has no end yet: the file may grow
            if content.strip() or too_long:
                yield Case(number, None if too_long else content, digest.hexdigest(), begins, ends)
            begins = ends


def _passed_over(file: BufferedReader, hashed: Callable[[bytes], None]) -> int:
    """Read on to a line's end; the bytes that were passed over."""
    passed = 0
    while part := file.readline(CHUNK):
        passed += len(part)
        hashed(part.removesuffix(b"\n"))
        if part.endswith(b"\n"):
            break
    return passed


def folders_of(path: Path) -> list[str]:
    """The names of the folders in a folder, in order, hidden ones left out. Raises `InputUnusable` where there are none."""
    with os.scandir(path) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise InputUnusable(f"{path}: a folder without folders; each case is a folder in it, with a file for each article")
    return names


def _of_folders(path: Path, names: list[str], most: int) -> Iterator[Case]:
    digest = hashlib.sha256()
    for number, name in enumerate(names, 1):
        digest.update(b"\0folder\0" + os.fsencode(name))
        try:
            folder = _folder(path / name, most, digest.update)
        except OSError as error:
            folder = Folder(name, fault=f"{error.filename}: {error.strerror}")
            digest.update(f"\0{error.errno}".encode())
        yield Case(number, folder, digest.hexdigest(), number - 1, number)


def _folder(path: Path, most: int, hashed: Callable[[bytes], None]) -> Folder:
    """A folder's files by name, hidden ones left out. Raises `OSError`."""
    files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    size = sum(file.stat().st_size for file in files)
    contents = []
    for file in files:
        hashed(b"\0file\0" + os.fsencode(file.name) + b"\0")
        with file.open("rb") as stream:
            hashed(hashlib.file_digest(stream, "sha256").digest())
            if size <= most:
                stream.seek(0)
                contents.append((file, stream.read()))
    return Folder(path.name, tuple(contents), size)
