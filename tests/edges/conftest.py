"""What the tests of the edges share."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, wire
from gated import SECRET, served


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A gated server: one job at a time, beside one request."""
    with served(jobs_dir=tmp_path_factory.mktemp("jobs"), concurrency=2, jobs_queue=3, webhook_secret=SECRET) as server:
        yield server


@pytest.fixture(scope="module")
def wired() -> Casebrief:
    """The product, whose engine is not started: what is refused here never comes to it."""
    return wire(Settings())
