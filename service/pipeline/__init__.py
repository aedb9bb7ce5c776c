"""The path of a request: articles, reading, grounding, normalising, merging, abstract."""
