"""How we know: labelled cases, matchers, runs, comparison, gates. `casebrief eval` is its command."""
