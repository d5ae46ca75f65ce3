"""Apache Airflow provider for Microsoft Partner Center."""

from __future__ import annotations

__version__ = "0.1.0"
