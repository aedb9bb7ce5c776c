"""What not every system has, in one place: elsewhere nothing asks which system this is, or imports what only some have.

Where a thing is not to be had, its function does less and says how much: limits are kept by Unix, of memory by Linux alone; Windows and macOS were not tried.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

_PR_SET_DUMPABLE = 4
"""Linux, prctl(2)."""

_FAR = 1 << 40
"""A byte beyond any that is written: Windows lets nobody read one that is locked."""


def processors() -> int:
    """Processors that this process may use; all of the machine where the system tells of no affinity."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    else:  # noqa: RET505 - a type checker for Linux passes over this
        return os.cpu_count() or 1


def processor_told(*keys: str) -> list[str]:
    """What Linux tells of its processors under these keys (``/proc/cpuinfo``), in its order; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [value.strip() for key, _, value in (line.partition(":") for line in lines) if key.strip() in keys]


def leave_no_core() -> None:
    """A dump holds the weights and what clients sent: writing it delays the news of a death (by a minute on a slow disk), and it outlives the request."""
    _limit("RLIMIT_CORE", 0)
    if sys.platform == "linux":
        # The limit does not hold where the kernel pipes dumps to a program.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def bound(memory_bytes: int, processor_s: int) -> None:
    """Bound this process's memory and processor time, where the system keeps such limits; it leaves no core."""
    _limit("RLIMIT_AS", memory_bytes)
    _limit("RLIMIT_CPU", processor_s)
    _limit("RLIMIT_CORE", 0)


def _limit(what: str, most: int) -> None:
    if sys.platform != "win32":
        import resource

        number = getattr(resource, what)
        _, hard = resource.getrlimit(number)
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # a system that knows the limit and does not keep it (macOS, for memory)
            resource.setrlimit(number, (lowest, lowest))


def bounds_ended(code: int) -> bool:
    """Whether a process that ended with this code was ended by such a bound, or by whoever wanted its memory."""
    if sys.platform == "win32":
        return False
    else:  # noqa: RET505 - a type checker for Windows passes over this
        return code in (-signal.SIGXCPU, -signal.SIGKILL)


def strlen() -> Any:
    """The C library's function."""
    return ctypes.CDLL("msvcrt").strlen if sys.platform == "win32" else ctypes.CDLL(None).strlen


def held(file: BinaryIO) -> bool:
    """Hold a file for as long as it is open; whether that was to be had, for another process may hold it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            place = file.tell()
            file.seek(_FAR)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            finally:
                file.seek(place)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
