"""What can go wrong with a batch as a whole; what is wrong with one case is a line of its output.

BatchError
├── InputUnusable   there are no cases to be read there
├── OutUnusable     the output is none of this batch, or somebody writes it
├── NoCluster       the cluster that was named is not there, or cannot be used
└── ClusterFailed   the cluster was lost, or its machines have no engine; what stands in the output stays
"""

from __future__ import annotations


class BatchError(Exception):
    """Base of this tree; its words say what would be right."""


class InputUnusable(BatchError):
    """There are no cases to be read there."""


class OutUnusable(BatchError):
    """The output belongs to another input or another model, is no output of a batch, or is being written."""


class NoCluster(BatchError):
    """The cluster is not there, or cannot be used."""


class ClusterFailed(BatchError):
    """The cluster was lost, or its machines have no engine."""
