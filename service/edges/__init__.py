"""Where the outside touches the product: HTTP, command line, settings, rendering."""
