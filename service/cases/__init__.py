"""Case files: a lawsuit followed over weeks. What is kept of it, which article is a new version of which, and what an addition changed."""
