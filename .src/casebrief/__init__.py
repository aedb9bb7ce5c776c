"""casebrief: case summaries from press articles, every fact with the words it came from."""

import pathlib

__version__ = "0.1.0"

_here = pathlib.Path(__file__).parent
if not (_here / "service").is_dir():  # a checkout without symbolic links (git on Windows, a zip): the rooms stand at its top
    __path__.append(str(_here.parent.parent))
