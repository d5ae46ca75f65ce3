"""Send requests. In the client, only these modules open connections."""
