"""
Signing in: the credentials (:mod:`.credentials`) and the tokens that they are exchanged for (:mod:`.tokens`).

:mod:`.proofs` has the ways in which an application proves who it is.

``Credentials`` is offered here without importing MSAL, which only :mod:`.tokens` needs.
"""

from __future__ import annotations

from airflow_provider_partnercenter.client.auth.credentials import Credentials

__all__ = ["Credentials"]
