"""
Signing in: one module for who signs in (:mod:`.credentials`), one for the tokens that come of it (:mod:`.tokens`).

``Credentials`` is offered here without importing MSAL, which only :mod:`.tokens` needs.
"""

from __future__ import annotations

from airflow_provider_partnercenter.client.auth.credentials import Credentials

__all__ = ["Credentials"]
