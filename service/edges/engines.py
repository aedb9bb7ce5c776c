"""The engine behind a server of the OpenAI API, alone or beside the embedded one, as the settings name it."""

from __future__ import annotations

from casebrief.models.catalog import Catalog, Entry
from casebrief.models.errors import AddressRefused, CatalogError
from casebrief.models.remote.endpoint import Endpoint, checked_address
from casebrief.models.remote.engine import OpenAIEngine
from casebrief.models.remote.server import Server
from casebrief.service.edges.settings import Settings
from casebrief.service.pipeline.gathering import Belief

SERVED = Entry(title="a model that a server serves", file="", source="server", sha256="", bytes=0, license="not known")
"""Of a model that the catalogue does not know."""


def served_engine(settings: Settings) -> OpenAIEngine:
    """The engine over the server of the settings; nothing is asked yet. Raises `CatalogError`."""
    if settings.reader == "labels":
        raise CatalogError("a server of the OpenAI API reads by prompts: give --reader prompts or labels+prompts, or leave CASEBRIEF_ENGINE at llama")
    if not settings.openai_base_url:
        raise AddressRefused("CASEBRIEF_ENGINE=openai needs CASEBRIEF_OPENAI_BASE_URL, the address of a server like http://127.0.0.1:8000/v1")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    address = checked_address(settings.openai_base_url, plain_http=settings.openai_plain_http)
    return OpenAIEngine(Server(Endpoint(address, settings.model, key, settings.hang_s, settings.context_tokens)))


def with_served(catalog: Catalog, name: str) -> Catalog:
    """The catalogue with an entry for a model that is served."""
    return Catalog({name: SERVED} | catalog.entries, catalog.default, catalog.folder)


def belief_in(engine: OpenAIEngine, catalog: Catalog) -> Belief:
    """How far what is served is believed: as the catalogue's entry of its name says, looked up once the server has told it."""

    def entry() -> Entry:
        return catalog.entries.get(engine.info.model, SERVED)

    return Belief(lambda field: entry().floor(field), lambda field, probability: entry().confidence(field, probability))
