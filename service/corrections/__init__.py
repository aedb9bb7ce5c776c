"""Corrections by people: what was, what is, by whom, when, and the words it rests on. They are laid over a summary whenever it is shown; pure functions."""
