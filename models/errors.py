"""Everything that can go wrong with a model.

ModelError
├── CatalogError            the catalogue or a model's name is wrong; a retry does not help
│   ├── UnknownModel
│   ├── WeightsMissing      pull it, or give a path
│   ├── ChecksumMismatch    the file is not the one the catalogue names
│   ├── NotAModel           the file is no GGUF, or tells too little to be a model
│   ├── AddressRefused      the address of a model's server is none, or would carry articles in the open
│   └── NotWritable         what is made of the weights cannot be written: the folder is read-only, or full
├── StoreFault              what is kept of earlier answers cannot be read or deleted; answers do without it
└── EngineError
    ├── ConstraintRefused   the constraint does not compile, or the matcher failed; a retry does not help
    ├── PromptTooLong       more tokens than the context holds; split the text
    ├── NotOffered          an engine that answers was asked for labels, or the other way round
    ├── Cancelled           the caller took the job back, or its deadline passed
    ├── OutOfTime           of one document: it was not read when the time was over; more time helps
    ├── AnswerRefused       of one document: the model declined, or a filter cut its answer off; a retry does not help
    ├── AnswerMalformed     of one document: the answer is not what its constraint allows; a retry does not help
    ├── ConstraintUnproved  the server obeys a constraint in none of the forms that are known; a retry does not help
    ├── ServerRefused       the server takes no such request: its key, the model's name, its chat format; a retry does not help
    ├── AllocationRefused   memory was refused; a retry may help, a smaller context does
    ├── EngineDied          the native library took the worker down; a retry helps once the worker is back
    ├── EngineHung          no token for too long; the worker was killed; a retry may help
    └── EngineUnavailable   the worker could not be started within its attempts; a retry helps later
        └── ServerUnavailable   the model's server did not answer within its attempts, or has failed too often just now; a retry helps later
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


class AddressRefused(CatalogError):
    """An address that no article is sent to."""


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


class AnswerRefused(EngineError):
    """The model, or a filter behind it, declined to answer about one document."""


class AnswerMalformed(EngineError):
    """An answer that breaks its constraint."""


class ConstraintUnproved(EngineError):
    """A server that answers as if it were free to."""


class ServerRefused(EngineError):
    """A server that refuses a request for what it asks, not for what happened."""


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


class ServerUnavailable(EngineUnavailable):
    """There is no working server; ``after_s`` is the number of seconds after which to try again, where it is known."""

    def __init__(self, told: str, after_s: float = 2.0) -> None:
        super().__init__(told)
        self.after_s = after_s


BY_NAME: dict[str, type[EngineError]] = {
    kind.__name__: kind
    for kind in (
        ConstraintRefused,
        PromptTooLong,
        NotOffered,
        Cancelled,
        OutOfTime,
        AnswerRefused,
        AnswerMalformed,
        ConstraintUnproved,
        ServerRefused,
        AllocationRefused,
        EngineDied,
        EngineHung,
        EngineUnavailable,
        ServerUnavailable,
        EngineError,
    )
}
"""Engine errors by class name, for the trip through the worker's pipe."""
