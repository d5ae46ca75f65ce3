"""
A Partner Center to develop, test and demo against (extra ``emulator``).

One TLS port serves the login service and the API. All state is in memory. Start it with ``partnercenter-emulator`` from
a shell, or with :class:`.server.Emulator` in a test. This module imports nothing, so that the command can report a
missing extra.
"""

from __future__ import annotations
