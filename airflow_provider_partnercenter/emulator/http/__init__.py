"""The routes and the TLS port: HTTP in, HTTP out."""
