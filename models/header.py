"""What a GGUF file's header says: its architecture's numbers and its tensors, read without the library that runs it."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebrief.models.errors import NotAModel

_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9

_WANTED = ("block_count", "embedding_length", "feed_forward_length", "attention.head_count", "context_length")

_FEW = 4096
"""Values of an array that are kept at most; longer ones are a vocabulary's."""


@dataclass(frozen=True)
class Tensor:
    """A tensor as the header lists it: ``shape`` with the row's length first, ``kind`` as ggml numbers its types."""

    name: str
    shape: tuple[int, ...]
    kind: int


@dataclass(frozen=True)
class Header:
    """``values`` by key, without the architecture's name; ``vocabulary`` is the number of its tokens."""

    values: dict[str, Any]
    vocabulary: int
    tensors: tuple[Tensor, ...]


def header(path: Path) -> Header:
    """Read a file's header. Raises `NotAModel` when the file is no GGUF, or tells too little."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = _Reading(content).header()
    # An empty file cannot be mapped: ValueError.
    except (struct.error, ValueError, OSError, KeyError, MemoryError, OverflowError) as error:
        raise NotAModel(f"{path} is no model that can be read: {error}") from error
    missing = [key for key in _WANTED if key not in found.values]
    if missing or not found.vocabulary:
        raise NotAModel(f"{path} is no model that reads: its header does not tell {', '.join(missing or ['its vocabulary'])}")
    return found


class _Reading:
    """A place in a mapped file."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content, self._at = content, 0

    def header(self) -> Header:
        if self._content[:4] != b"GGUF":
            raise ValueError("it does not begin like a GGUF file")
        self._at = 4
        _version, tensors, entries = (self._number(form) for form in ("<I", "<Q", "<Q"))
        values: dict[str, Any] = {}
        vocabulary = 0
        for _ in range(entries):
            key, kind = self._text(), self._number("<I")
            if key == "tokenizer.ggml.tokens":
                vocabulary = struct.unpack_from("<Q", self._content, self._at + 4)[0]
            values[key.partition(".")[2]] = self._value(kind)
        return Header(values, vocabulary, tuple(self._tensor() for _ in range(tensors)))

    def _tensor(self) -> Tensor:
        name = self._text()
        shape = tuple(self._number("<Q") for _ in range(self._number("<I")))
        kind = self._number("<I")
        self._number("<Q")
        return Tensor(name, shape, kind)

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            inner, count = self._number("<I"), self._number("<Q")
            if count <= _FEW and inner != _ARRAY:
                return [self._value(inner) for _ in range(count)]
            self._pass_over(inner, count)
            return None
        return self._number(_NUMBERS[kind])

    def _pass_over(self, kind: int, count: int) -> None:
        """A vocabulary's values are not wanted, and are many: only their sizes are read."""
        if kind != _STRING:
            self._at += struct.calcsize(_NUMBERS[kind]) * count
            return
        content, at, unpack = self._content, self._at, struct.Struct("<Q").unpack_from
        for _ in range(count):
            at += 8 + unpack(content, at)[0]
        self._at = at

    def _text(self) -> str:
        size = self._number("<Q")
        if size > len(self._content) - self._at:
            raise ValueError("a text reaches beyond its end")
        self._at += size
        return self._content[self._at - size : self._at].decode("utf-8", errors="replace")

    def _number(self, form: str) -> Any:
        value = struct.unpack_from(form, self._content, self._at)[0]
        self._at += struct.calcsize(form)
        return value
