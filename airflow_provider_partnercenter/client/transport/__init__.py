"""Sending a request: the only modules that open a connection, and what they share."""
