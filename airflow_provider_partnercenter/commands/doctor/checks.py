"""All checks, in the order in which a person has to mend what they find."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.protocol.commands import Hop
from airflow_provider_partnercenter.commands.doctor.access import (
    judge_api,
    judge_audience,
    judge_budget,
    judge_codes,
    judge_mfa,
    judge_sign_in,
    look_at_codes,
    look_at_first_call,
    look_at_sign_in,
)
from airflow_provider_partnercenter.commands.doctor.connection import (
    judge_connection,
    judge_variable,
    look_at_connection,
    look_at_variable,
)
from airflow_provider_partnercenter.commands.doctor.dags import judge_dags
from airflow_provider_partnercenter.commands.doctor.examination import Check
from airflow_provider_partnercenter.commands.doctor.installation import (
    judge_plugin,
    judge_versions,
    look_at_plugin,
    look_at_versions,
)
from airflow_provider_partnercenter.commands.doctor.network import judge_clock, judge_hop
from airflow_provider_partnercenter.commands.doctor.storage import judge_folders, look_at_folders
from airflow_provider_partnercenter.commands.doctor.webhooks import judge_webhooks, look_at_webhooks

if TYPE_CHECKING:
    from airflow_provider_partnercenter.commands.doctor.patient import Patient

CHECKS: tuple[Check[Patient, Any], ...] = (
    Check("versions", look_at_versions, judge_versions),
    Check("connection", look_at_connection, judge_connection),
    Check("names", attrgetter("reached"), partial(judge_hop, Hop.NAME), ("connection",)),
    Check("proxy", attrgetter("reached"), partial(judge_hop, Hop.PROXY), ("names",)),
    Check("hosts", attrgetter("reached"), partial(judge_hop, Hop.HOST), ("proxy",)),
    Check("TLS", attrgetter("reached"), partial(judge_hop, Hop.TLS), ("hosts",)),
    Check("clock", attrgetter("reached"), judge_clock, ("TLS",)),
    # The sign-in takes the token that is stored there.
    Check("Variable", look_at_variable, judge_variable, ("connection",)),
    Check("sign-in", look_at_sign_in, judge_sign_in, ("TLS", "Variable")),
    # Whatever else is wrong shows only in calls that are not refused because of others.
    Check("budget", look_at_first_call, judge_budget, ("sign-in",)),
    Check("API", look_at_first_call, judge_api, ("budget",)),
    Check("audience", look_at_first_call, judge_audience, ("API",)),
    Check("MFA", look_at_first_call, judge_mfa, ("audience",)),
    Check("GCC", look_at_codes, judge_codes, ("MFA",)),
    Check("storage", look_at_folders, judge_folders),
    Check("plugin", look_at_plugin, judge_plugin),
    Check("webhooks", look_at_webhooks, judge_webhooks, ("plugin",)),
    Check("DAGs", attrgetter("dags"), judge_dags),
)
"""Those that are needed by others come before them."""
