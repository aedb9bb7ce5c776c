"""The catalogue: which weights, from where, with which checksum and licence. Also any local GGUF by path."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from casebrief.models.errors import CatalogError, ChecksumMismatch, NotWritable, UnknownModel, WeightsMissing
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

BLOCK = 1 << 20

Form = Literal["bf16", "q8_0"]
"""How merged weights are written: in 16 bits or in 8."""

Loading = Form | Literal["adapter"]
"""How a model is loaded: its merged weights in a form, or the file as shipped, with its adapters (if it has any) applied while it runs."""

AS_SHIPPED: Literal["adapter"] = "adapter"

DEFAULT_FLOOR = 0.5

Probability = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Beside(BaseModel):
    """A file (GGUF) that belongs to weights: a name in ``models/adapters``, or an absolute path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: Sha256


class Adapter(_Beside):
    """A LoRA over the weights."""


class HeadsFile(_Beside):
    """What labels with the weights' hidden states (`casebrief.models.heads`)."""


class Entry(BaseModel):
    """One model of the catalogue; the keys are explained at the head of ``catalog.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    file: str
    source: Annotated[str, Field(pattern=r"^(package:\w+|hub:[\w.-]+/[\w.-]+|path:.+|server)$")]
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    bytes: Annotated[int, Field(ge=0)]
    license: str
    context_tokens: Annotated[int, Field(ge=512)] = 8192
    chat_format: Literal["gguf", "plain"] = "gguf"
    adapters: tuple[Adapter, ...] = ()
    merged: dict[Form, Sha256] = {}
    reader: Literal["prompts", "labels"] = "prompts"
    heads: HeadsFile | None = None
    reads: dict[str, Probability] | None = None
    calibration: dict[str, tuple[float, float]] = {}

    @model_validator(mode="after")
    def _labels_with_heads(self) -> Self:
        if (self.reader == "labels") != (self.heads is not None):
            raise ValueError('a model with reader = "labels" has heads, and no other has')
        return self

    def floor(self, field: str) -> float | None:
        """The confidence from which what the model says of a field counts, 0 to 1; ``None``: it is not believed there."""
        return DEFAULT_FLOOR if self.reads is None else self.reads.get(field)

    def confidence(self, field: str, probability: float) -> float:
        """The confidence, 0 to 1, of a line of which the model was so sure; the probability itself where nothing was measured.

        Platt, Probabilistic Outputs for Support Vector Machines, 1999, on the line's log-probability.
        """
        if field not in self.calibration:
            return probability
        intercept, slope = self.calibration[field]
        return 1 / (1 + math.exp(-(intercept + slope * math.log(max(probability, 1e-9)))))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: str
    models: dict[str, Entry]


@dataclass(frozen=True)
class Catalog:
    """Entries by name, and the folder that holds pulled files."""

    entries: dict[str, Entry]
    default: str
    folder: Path
    _sums: dict[Path, str] = field(default_factory=dict, compare=False)

    def entry(self, name: str) -> Entry:
        """The entry of a name, or one made up for the path of a GGUF file. Raises `UnknownModel`."""
        if name in self.entries:
            return self.entries[name]
        path = Path(name).expanduser()
        if path.suffix == ".gguf" and path.is_file():
            return Entry(
                title=f"local file {path.name}",
                file=path.name,
                source=f"path:{path.resolve()}",
                sha256="",
                bytes=path.stat().st_size,
                license="not known",
            )
        known = ", ".join(self.entries)
        raise UnknownModel(f"no model and no .gguf file {name!r}; the catalogue has: {known}")

    def path(self, name: str) -> Path:
        """Where the weights lie. Raises `WeightsMissing`."""
        entry = self.entry(name)
        kind, _, where = entry.source.partition(":")
        if kind == "path":
            return Path(where)
        if kind == "server":
            raise WeightsMissing(f"{name} is served elsewhere: its weights are not on this machine")
        path = self.folder / entry.file if kind == "hub" else _in_package(where, entry.file)
        if not path.is_file():
            raise WeightsMissing(f"{name} is not on this machine (looked for {path}); run: casebrief models pull {name}")
        return path

    def adapters(self, name: str) -> dict[str, str]:
        """A model's adapters: path and SHA-256 of each, verified. Raises `WeightsMissing` or `ChecksumMismatch`."""
        return {str(self._beside(name, "adapter", adapter)): adapter.sha256 for adapter in self.entry(name).adapters}

    def heads(self, name: str) -> tuple[Path, str] | None:
        """Path and SHA-256 of a model's heads, verified, where it has any. Raises `WeightsMissing` or `ChecksumMismatch`."""
        heads = self.entry(name).heads
        return (self._beside(name, "heads file", heads), heads.sha256) if heads else None

    def _beside(self, name: str, kind: str, told: _Beside) -> Path:
        path = Path(told.file) if Path(told.file).is_absolute() else Path(str(files("casebrief.models").joinpath("adapters", told.file)))
        if not path.is_file():
            raise WeightsMissing(f"the {kind} {path} of {name} is not on this machine")
        if path not in self._sums:
            self._sums[path] = sha256_of(path)
        if self._sums[path] != told.sha256:
            raise ChecksumMismatch(f"{path} has SHA-256 {self._sums[path]}, the catalogue says {told.sha256}")
        return path

    def merged(self, name: str, form: Form, progress: Callable[[int, int], None] = lambda done, of: None) -> tuple[Path, str]:
        """A model's weights with its adapters merged, and their SHA-256; made where they are not there yet (`casebrief.models.merging`).

        Raises `CatalogError` where the catalogue knows no such form, `ChecksumMismatch` where the file is not the one it names,
        `NotWritable` where it cannot be made.
        """
        entry = self.entry(name)
        if form not in entry.merged:
            raise CatalogError(f"{name} has no merged form {form!r}; the catalogue has: {', '.join(entry.merged) or 'none'}")
        expected = entry.merged[form]
        path = self.folder / "merged" / f"{name}-{form}-{expected[:12]}.gguf"
        if not path.is_file():
            from casebrief.models.merging import merge  # the library for it is for this one moment

            self.verify(name)
            self._sums.pop(path, None)
            try:
                merge(self.path(name), [Path(adapter) for adapter in self.adapters(name)], path, form, progress, labels=entry.reader == "labels")
                self.drop_merged(name, form, but=path)
            except OSError as error:
                raise NotWritable(f"the merged weights cannot be written to {path.parent}: {error.strerror}") from error
        if path not in self._sums:
            self._sums[path] = sha256_of(path)
        if self._sums[path] != expected:
            told = f"{path} has SHA-256 {self._sums[path]}, the catalogue says {expected}"
            raise ChecksumMismatch(f"{told}; delete it to make it again, or set CASEBRIEF_WEIGHTS=adapter to do without")
        return path, expected

    def drop_merged(self, name: str, form: Form, but: Path | None = None) -> None:
        """Delete a model's merged weights in a form, but for one file; they can be made again."""
        for path in (self.folder / "merged").glob(f"{name}-{form}-*.gguf"):
            if path != but:
                path.unlink()

    def verify(self, name: str, progress: Callable[[int], None] = lambda done: None) -> str:
        """The SHA-256 of the weights, computed once a process. Raises `ChecksumMismatch` where the catalogue differs."""
        path, expected = self.path(name), self.entry(name).sha256
        if path not in self._sums:
            self._sums[path] = sha256_of(path, progress)
        if expected and self._sums[path] != expected:
            raise ChecksumMismatch(f"{path} has SHA-256 {self._sums[path]}, the catalogue says {expected}")
        return self._sums[path]


def load(folder: Path, extra: Path | None = None) -> Catalog:
    """The bundled catalogue, with the entries of the file ``extra`` added or put in place. Raises `CatalogError`."""
    bundled = _parse(files("casebrief.models").joinpath("catalog.toml").read_text(encoding="utf-8"), "catalog.toml")
    entries, default = dict(bundled.models), bundled.default
    if extra is not None:
        try:
            own = _parse(extra.read_text(encoding="utf-8"), str(extra))
        except OSError as error:
            raise CatalogError(f"{extra}: {error.strerror}") from error
        entries |= own.models
        default = own.default
    if default not in entries:
        raise CatalogError(f"the default model {default!r} is not in the catalogue")
    return Catalog(entries, default, folder)


def _parse(text: str, name: str) -> _File:
    try:
        return _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CatalogError(f"{name}: {error}") from error


def _in_package(module: str, file: str) -> Path:
    # find_spec locates the package without importing it: its own dependencies are not installed.
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(f"the package {module} is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / file


def sha256_of(path: Path, progress: Callable[[int], None] = lambda done: None) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits; ``progress`` gets the bytes of each block read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            progress(len(block))
    return digest.hexdigest()
