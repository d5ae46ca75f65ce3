"""The gateway in front of the service, which counts and journals every request and may let it meet a fault."""
