"""Fetching weights from the hub: resumed where it broke off, checked before it counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
from casebrief.models.catalog import BLOCK, Catalog, sha256_of
from casebrief.models.errors import CatalogError, ChecksumMismatch
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

HUB = "https://huggingface.co"


def pull(catalog: Catalog, name: str, progress: Callable[[int], None], hub: str = HUB) -> Path:
    """Fetch a model's file into the catalogue's folder; ``progress`` gets the bytes of each block.

    Raises:
        CatalogError: the entry has no hub source, or the hub refused or was out of reach.
        ChecksumMismatch: the file that came is not the catalogue's; it is deleted.

    """
    entry = catalog.entry(name)
    kind, _, repository = entry.source.partition(":")
    if kind != "hub":
        return catalog.path(name)
    target = catalog.folder / entry.file
    if target.is_file() and sha256_of(target) == entry.sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".part")
    try:
        _fetch(f"{hub}/{repository}/resolve/main/{entry.file}", partial, progress)
    except httpx.HTTPStatusError as error:
        raise CatalogError(f"the hub answered {error.response.status_code} for {error.request.url}") from error
    except httpx.HTTPError as error:
        raise CatalogError(f"the hub is out of reach: {error}") from error
    found = sha256_of(partial)
    if found != entry.sha256:
        partial.unlink()
        raise ChecksumMismatch(f"{entry.file} came with SHA-256 {found}, the catalogue says {entry.sha256}; deleted")
    partial.replace(target)
    return target


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_attempt(4),
    wait=wait_exponential(multiplier=0.5, max=10),
    reraise=True,
)
def _fetch(url: str, partial: Path, progress: Callable[[int], None]) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=30) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        with partial.open("ab" if resumed else "wb") as stream:
            for block in response.iter_bytes(BLOCK):
                stream.write(block)
                progress(len(block))
