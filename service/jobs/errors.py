"""What can go wrong with a job.

JobError
├── KeyTaken        another request came under the same key
├── TooManyJobs     no more may wait
└── JobsFault       the file of jobs cannot be read or written
"""

from __future__ import annotations


class JobError(Exception):
    """Base of this tree."""


class KeyTaken(JobError):
    """Another request came under the same key."""


class TooManyJobs(JobError):
    """No more jobs may wait; ``waiting`` do."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} jobs are waiting, and no more may")
        self.waiting = waiting


class JobsFault(JobError):
    """The file of jobs cannot be read or written."""
