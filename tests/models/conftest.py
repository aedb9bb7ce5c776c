"""What the tests of the models share."""

from collections.abc import Iterator

import pytest
from casebrief.evals.marked import MarkedCase, load_folder
from casebrief.models.catalog import Catalog
from casebrief.models.engine import EngineConfig
from casebrief.models.labels import LabelEngine
from casebrief.models.process import Patience
from casebrief.models.supervisor import SupervisedEngine
from casebrief.models.training import CORPUS, changes
from casebrief.models.training.examples import Tokenizer
from headed import heads_of, opened
from taught import LENDER, MILL, case_of


@pytest.fixture(scope="module")
def labeller(config: EngineConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelEngine]:
    engine = opened(config, tmp_path_factory.mktemp("heads"), heads_of(config))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def supervised(config: EngineConfig, labeller: LabelEngine) -> Iterator[SupervisedEngine]:
    engine = SupervisedEngine(labeller.native.config, Patience(hang_s=60))
    engine.start()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def mill(tmp_path_factory: pytest.TempPathFactory) -> MarkedCase:
    return case_of(MILL, tmp_path_factory.mktemp("mill"))


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> changes.Stock:
    return changes.stock([case_of(LENDER, tmp_path_factory.mktemp("lender"))])


@pytest.fixture(scope="module")
def corpus() -> list[MarkedCase]:
    return load_folder(CORPUS)


@pytest.fixture(scope="module")
def tokenizer(catalog: Catalog) -> Tokenizer:
    return Tokenizer(catalog.path(catalog.default))
