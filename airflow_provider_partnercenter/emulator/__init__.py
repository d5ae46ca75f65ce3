"""
A Partner Center to develop, test and demo against (extra ``emulator``).

One TLS port serves the login service and the API; the state is in memory. From a shell it is
``partnercenter-emulator``, from a test :class:`.server.Emulator`. Nothing is imported here, so that the command can say
which extra is missing.
"""

from __future__ import annotations
