"""Some of the customers of a task for many, for a person: a bounded read of what :mod:`.storage.entries` writes."""

from __future__ import annotations

from typing import Any

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.storage.entries import EntryFolder, explained, read_report

MAX_REPORT_BYTES = 16_000_000
"""The largest report that is read, in bytes: of about 20,000 customers."""


def some_of_folder(path: str, deferral_id: str, most: int) -> list[dict[str, Any]]:
    """
    Return the first customers of a task that waits, as the report will have them.

    :raises PartnerCenterConfigurationError: if they cannot be read, and a retry would not help.
    :raises PartnerCenterServiceUnavailableError: if they cannot be read at the moment.
    """
    return [entry.reported() for entry in EntryFolder(path, deferral_id).read_some(most)]


def some_of_report(path: str, most: int) -> list[dict[str, Any]]:
    """
    Return the first customers of a report. Raises the same errors as :func:`some_of_folder`.

    :param path: the path of the report, as a task returns it.
    """
    from airflow.sdk import ObjectStoragePath

    with explained(path, "cannot be read here", "let the API server reach it, or open the file"):
        size = ObjectStoragePath(path).stat().st_size
    if size > MAX_REPORT_BYTES:
        raise PartnerCenterConfigurationError(
            f"The report {path!r} has {size:,} bytes, more than is shown here", hint="open the file"
        )
    report: object = read_report(path)
    customers = report.get("customers") if isinstance(report, dict) else None
    return [each for each in customers[:most] if isinstance(each, dict)] if isinstance(customers, list) else []
