"""The HTTP routes and the TLS server."""
