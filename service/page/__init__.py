"""The page: a summary beside its sources, as HTML that reads without a script and without another host. Nothing here knows of HTTP."""
