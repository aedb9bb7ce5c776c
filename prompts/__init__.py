"""What we ask, as data: one Markdown file a question, with front matter. Knows nothing of engines."""
