"""The command line in this process: for what is told of its arguments, where starting an interpreter would be most of the work. Some tests start it as users do."""

import contextlib
import io
import subprocess

import pytest
from casebrief.evals.cli import main


def commanded(*arguments: object, **environment: object) -> subprocess.CompletedProcess[str]:
    """What a command prints, and its exit code; 0 where it gives none, as the interpreter would."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as changed, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for name, value in environment.items():
            changed.setenv(name, str(value))
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
    return subprocess.CompletedProcess([*map(str, arguments)], ended.value.code or 0, stdout, stderr)
