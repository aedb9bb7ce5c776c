"""casebrief: case summaries from press articles, every fact with the words it came from."""

__version__ = "0.1.0"
