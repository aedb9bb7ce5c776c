"""Everything that can go wrong with a model.

ModelError
├── CatalogError            the catalogue or a model's name is wrong; a retry does not help
│   ├── UnknownModel
│   ├── WeightsMissing      pull it, or give a path
│   ├── ChecksumMismatch    the file is not the one the catalogue names
│   ├── NotAModel           the file is no GGUF, or tells too little to be a model
│   └── NotWritable         what is made of the weights cannot be written: the folder is read-only, or full
├── StoreFault              what is kept of earlier answers cannot be read or deleted; answers do without it
└── EngineError
    ├── ConstraintRefused   the constraint does not compile, or the matcher failed; a retry does not help
    ├── PromptTooLong       more tokens than the context holds; split the text
    ├── NotOffered          an engine that answers was asked for labels, or the other way round
    ├── Cancelled           the caller took the job back, or its deadline passed
    ├── OutOfTime           of one document: it was not read when the time was over; more time helps
    ├── AllocationRefused   memory was refused; a retry may help, a smaller context does
    ├── EngineDied          the native library took the worker down; a retry helps once the worker is back
    ├── EngineHung          no token for too long; the worker was killed; a retry may help
    └── EngineUnavailable   the worker could not be started within its attempts; a retry helps later
"""

from __future__ import annotations


class ModelError(Exception):
    """Base of this tree; ``retry`` says whether the same call may succeed later."""

    retry = False


class CatalogError(ModelError):
    """The catalogue, or what was asked of it, is wrong."""


class UnknownModel(CatalogError):
    """No entry and no file has that name."""


class WeightsMissing(CatalogError):
    """The entry is known and its file is not on this machine."""


class ChecksumMismatch(CatalogError):
    """The file's SHA-256 is not the catalogue's."""


class NotAModel(CatalogError):
    """The file's header is none of a model."""


class NotWritable(CatalogError):
    """The folder for what is made of weights takes no file."""


class StoreFault(ModelError):
    """The file of earlier answers is out of reach."""


class EngineError(ModelError):
    """A job that the engine could not finish."""


class ConstraintRefused(EngineError):
    """A constraint that cannot be compiled, or that failed while decoding."""


class PromptTooLong(EngineError):
    """The prompt and its answers need more tokens than the context has."""


class NotOffered(EngineError):
    """The engine was opened for the other of its two jobs: it labels with a heads file, and answers without."""

    @classmethod
    def answers(cls) -> NotOffered:
        return cls("this engine labels, and answers no questions: for those, open the model without heads")

    @classmethod
    def labels(cls) -> NotOffered:
        return cls("this engine answers questions, and has no heads to label with: name a heads file when it is opened")


class Cancelled(EngineError):
    """The job was taken back before it ended."""


class OutOfTime(EngineError):
    """A document was not read when the time for its job was over; others of the job may have been."""

    def __init__(self, told: str = "not read before the deadline") -> None:
        super().__init__(told)


class AllocationRefused(EngineError):
    """The machine refused memory."""

    retry = True


class EngineDied(EngineError):
    """The worker process ended in the middle of a job."""

    retry = True


class EngineHung(EngineError):
    """The worker gave no sign of life for too long and was killed."""

    retry = True


class EngineUnavailable(EngineError):
    """There is no working worker."""

    retry = True


BY_NAME: dict[str, type[EngineError]] = {
    kind.__name__: kind
    for kind in (
        ConstraintRefused,
        PromptTooLong,
        NotOffered,
        Cancelled,
        OutOfTime,
        AllocationRefused,
        EngineDied,
        EngineHung,
        EngineUnavailable,
        EngineError,
    )
}
"""Engine errors by class name, for the trip through the worker's pipe."""
