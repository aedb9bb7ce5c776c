"""What the settings keep on this machine: the catalogue's weights, readings, case files. Nothing here needs a model."""

from __future__ import annotations

from casebrief.models.cache import Store
from casebrief.models.catalog import Catalog
from casebrief.models.catalog import load as load_catalog
from casebrief.service.cases.store import CaseStore
from casebrief.service.edges.settings import Settings


def catalog_of(settings: Settings) -> Catalog:
    """The catalogue that the settings name. Raises `casebrief.models.errors.CatalogError`."""
    return load_catalog(settings.models_dir, settings.catalog)


def store_of(settings: Settings) -> Store:
    """The answers that are kept."""
    return Store(settings.cache_dir / "answers.sqlite", settings.cache_mb * 1_000_000)


def case_store_of(settings: Settings) -> CaseStore:
    """The case files."""
    return CaseStore(settings.cases_dir / "cases.sqlite")
