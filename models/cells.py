"""What the context holds: the instructions, the open documents and their forks, and how much room they leave.

Sequence 0 holds the instructions, computed once. A document is a fork of it; a question is a fork of its document behind the passage it
is asked after (shared cells, no copies).
"""

from __future__ import annotations

from casebrief.models.asking import Asked, Fork
from casebrief.models.errors import EngineError
from casebrief.models.native import SEQUENCES, Native

INSTRUCTIONS = 0
"""The sequence of the instructions."""

NEAR = 768
"""Cells up to which a document is opened beside others: attention runs over all that is held, masked or not."""


class Cells:
    """Who holds which of the context's cells and sequences. All counts are of cells, one a token."""

    def __init__(self, native: Native) -> None:
        self.native = native
        self.forget()

    def forget(self) -> None:
        """Drop all that the context holds, the instructions too."""
        self.opening: tuple[int, ...] = ()
        self.documents: list[Asked] = []
        self.forks: list[Fork] = []
        self.free = list(range(SEQUENCES - 1, INSTRUCTIONS, -1))
        self.native.clear()

    def open(self, document: Asked) -> None:
        """Give a document a sequence of its own."""
        document.sequence = self.free.pop()
        self.documents.append(document)

    def hold(self, document: Asked) -> None:
        """The instructions are computed: let a document go on behind them."""
        self.opening = document.opening
        self.native.fork(INSTRUCTIONS, document.sequence, len(document.opening))

    def fork(self, fork: Fork) -> None:
        """Let a question share the cells of its document up to its place."""
        self.native.fork(fork.document.sequence, fork.sequence, fork.position)
        self.forks.append(fork)

    def fail(self, document: Asked, error: EngineError) -> None:
        """End a document with an error."""
        document.error = error
        self.leave(document)

    def leave(self, document: Asked) -> None:
        """Give back a document's sequence and those of its forks."""
        for fork in [fork for fork in self.forks if fork.document is document]:
            self.release(fork)
        if document in self.documents:
            self.documents.remove(document)
            self._give_back(document.sequence)

    def release(self, fork: Fork) -> None:
        """Give back a fork's sequence."""
        self.forks.remove(fork)
        self._give_back(fork.sequence)

    def _give_back(self, sequence: int) -> None:
        self.native.cut(sequence)
        self.free.append(sequence)

    def fits(self, document: Asked) -> bool:
        """Whether a document can be opened beside those that are: the largest question of any of them must fit when all forks are done."""
        largest = max(other.need(index) for other in [*self.documents, document] for index in other.waiting or (0,))
        said = sum(fork.position - fork.document.place(fork.question) for fork in self.forks)
        near = self._read() + said + len(document.tokens) <= NEAR
        return document.opening == self.opening and near and self.room() >= len(document.tokens) + largest

    def room(self) -> int:
        """Cells that nobody holds and no fork may still want."""
        return self.native.room - self._read() - sum(fork.document.need(fork.index) for fork in self.forks)

    def _read(self) -> int:
        """Cells of the instructions and of open documents."""
        return len(self.opening) + sum(len(document.tokens) for document in self.documents)
