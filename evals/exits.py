"""Exit codes of `casebrief eval`, and the one way in which its commands end early."""

from __future__ import annotations

import sys
from typing import NoReturn

PASSED, FLOOR_MISSED, BAD_INPUT, RUN_FAILED, REGRESSED = 0, 1, 2, 3, 4
"""All well; a floor of the gates missed; labels, sets, settings or run files that do not fit; the run failed; a significant loss against the baseline."""


def end(code: int, *faults: str) -> NoReturn:
    """Tell each fault in one line of standard error, and exit."""
    for fault in faults:
        print(f"casebrief: {' '.join(fault.split())}", file=sys.stderr)
    raise SystemExit(code)
