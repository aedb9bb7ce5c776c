"""What the tests of the edges share."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from gated import SECRET, served


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A gated server: one job at a time, beside one request."""
    with served(jobs_dir=tmp_path_factory.mktemp("jobs"), concurrency=2, jobs_queue=3, webhook_secret=SECRET) as server:
        yield server
