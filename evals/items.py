"""Items of a summary as they came: nothing is asked of them but that they are mappings, for others' answers are judged as well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Item = dict[str, Any]


def items_of(summary: dict[str, Any], field: str) -> list[Item]:
    """The items of a field of a summary, as a list whether it holds one or many."""
    found = summary.get(field)
    if found is None:
        return []
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]


def all_items(summary: dict[str, Any], fields: Iterable[str]) -> list[tuple[str, Item]]:
    """Every item of some fields, with its field."""
    return [(field, item) for field in fields for item in items_of(summary, field)]


def cited_by(item: Item) -> list[Item]:
    """The citations of an item or of a conflict's position, as far as they are any."""
    return [citation for citation in item.get("citations") or [] if isinstance(citation, dict)]


def positions_of(item: Item) -> list[Item]:
    """The positions of a conflict, as far as they are any."""
    return [position for position in item.get("positions") or [] if isinstance(position, dict)]


def normalized(item: Item) -> dict[str, Any]:
    """The item's typed form, or nothing."""
    found = item.get("normalized")
    return found if isinstance(found, dict) else {}


def words_of(item: Item) -> str:
    """An item's value and its quotes, as nuggets are looked up in them."""
    return " ".join([str(item.get("value") or ""), *(str(citation.get("quote")) for citation in cited_by(item))]).casefold()
