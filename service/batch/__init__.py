"""Many cases, one after the other: where they come from, where their summaries go, and how a run that was killed goes on."""
