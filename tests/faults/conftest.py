"""The rows of figures that the faults of this folder leave, printed as one table at the end."""

from collections import Counter

import pytest
from faulting import Row, table

ROWS = pytest.StashKey[list[Row]]()


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Row:
    """The row of a fault, named for its test."""
    row = Row(request.node.name.removeprefix("test_").replace("_", " "))
    request.config.stash.setdefault(ROWS, []).append(row)
    return row


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(ROWS, [])
    if rows:
        terminalreporter.section("faults")
        for line in table(rows):
            terminalreporter.write_line(line)
        for row in rows:
            for difference, count in Counter(row.differences).most_common():
                terminalreporter.write_line(f"{row.fault}: {count} × {difference}")
