"""A fault that is planted in a set-up, and how the doctor has to name it."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import trustme

from tests.support.clients.both_clients import RawTlsServer, TlsServer, send

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from http.server import BaseHTTPRequestHandler

    from tests.support.doctor.ward import Ward

#: What no other check needs.
LAST = ("clock", "GCC", "storage", "webhooks", "DAGs")


class Planting(NamedTuple):
    """What plants a fault, and what is running because of it until the test ends."""

    ward: Ward
    running: ExitStack

    def faulty(self, kind: str, **more: Any) -> None:
        self.ward.emulator.faults(rate=1, kinds=(kind,), **more)

    def option(self, name: str, value: str) -> None:
        self.ward.patch.setenv(f"AIRFLOW__PARTNERCENTER__{name.upper()}", value)

    def proxy(self, address: str) -> None:
        self.ward.patch.setenv("HTTPS_PROXY", address)
        self.ward.secrets.add("proxy-word")

    def api(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        """Let another server answer for the API."""
        server = self.running.enter_context(TlsServer(self.ward.folder, answer))
        self.ward.change(host=server.url)
        self.ward.change_extra(ca_bundle=server.ca_file_with(self.ward.emulator))

    def certificate(self, *names: str, trusted: bool = True, **validity: datetime) -> None:
        """Let a server with this certificate stand in the place of the API and of the login service."""
        server = self.running.enter_context(
            RawTlsServer(self.ward.folder, lambda _: None, names or ("localhost",), **validity)
        )
        if not trusted:
            trustme.CA().cert_pem.write_to_path(server.ca_file)
        self.ward.change(host=server.url)
        self.ward.change_extra(authority=server.url, ca_bundle=str(server.ca_file))


class Case(NamedTuple):
    """A fault, the check that finds it, and what the finding and the remedy have to say."""

    plant: Callable[[Planting], object]
    check: str
    cause: str
    remedy: str
    status: str = "failed"


def at(fault: dict[str, tuple[int, Any]]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with these at paths that begin so, and elsewhere as if all were well."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        status, document = next((fault[path] for path in fault if handler.path.startswith(path)), (200, {"items": []}))
        send(handler, status, json.dumps(document).encode(), Content_Type="application/json", isMfaCompliant="true")

    return answer


def examine_with(ward: Ward, case: Case) -> None:
    """Plant a fault. The doctor has to name it, with its remedy, and nothing else."""
    with ExitStack() as running:
        case.plant(Planting(ward, running))
        done = ward.examine()
    wrong = set() if case.status == "skipped" else {(case.check, case.status)}
    assert set(done.having("failed", "warning")) == wrong, done.out
    assert done.status == (1 if case.status == "failed" else 0)
    row = next(row for row in done.rows if (row["check"], row["status"]) == (case.check, case.status))
    assert re.search(case.cause, row["finding"]), row
    assert re.search(case.remedy, row["remedy"]), row
    # What cannot be right because of it is not told as another fault.
    because = {row["finding"] for row in done.rows if row["finding"].startswith("Not checked, because")}
    ends_there = case.status == "failed" and case.check not in LAST
    assert because == ({f"Not checked, because {case.check!r} comes first."} if ends_there else set())
