"""The REST interface, the page and its headers, in Flask."""
