"""A summary as documents for other programs and people: Markdown, Word, CSV, JSON Lines. Nothing here reads articles or knows of HTTP."""
