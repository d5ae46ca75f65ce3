"""The login service without HTTP: discovery, the sign-in of a user, and the token endpoint."""
