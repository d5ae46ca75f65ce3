"""The import paths and names that DAGs, programs and tests outside this repository use."""

from __future__ import annotations

import importlib

import pytest

PACKAGE = "airflow_provider_partnercenter"
NAMES = {
    "assets": ["create_asset", "verdicts_asset", "verdicts_of"],
    # Airflow's list of providers has the path of this one.
    "commands.definition": ["get_partnercenter_cli_commands"],
    "hooks.partnercenter": ["PartnerCenterHook"],
    "operators.qualification": ["PartnerCenterGetQualificationOperator", "PartnerCenterUpdateQualificationOperator"],
    "operators.bulk": ["PartnerCenterQualifyCustomersOperator"],
    "operators.reconcile": ["PartnerCenterReconcileQualificationsOperator"],
    "operators.denial": ["PartnerCenterDenialOperator"],
    "operators.validation_code": ["PartnerCenterValidationCodeOperator"],
    "sensors.qualification": ["PartnerCenterQualificationSensor"],
    # Airflow's database holds the paths of these two.
    "triggers.qualification": ["PartnerCenterQualificationTrigger"],
    "triggers.bulk": ["PartnerCenterBulkQualificationTrigger"],
    "links.partnercenter": ["PartnerCenterCustomerLink", "customer_page", "with_customer_link"],
    "exceptions": [
        "CustomersNotQualifiedError",
        "GivenUpError",
        "PermanentFailureError",
        "QualificationAbsentError",
        "QualificationDeniedError",
        "SubmissionsFailedError",
        "TriggerEventError",
        "UnansweredError",
    ],
    # Airflow's database holds the path of this one.
    "partition_mappers": ["UniqueKeyMapper"],
    "qualification.bulk.findings": ["sentence"],
    "storage.tidying": ["remove_finished"],
    "tasks.digest": ["since_last_digest"],
    "tasks.starting": ["start_follow_ups", "start_onboarding", "start_onboardings"],
    "provider_info": ["get_provider_info"],
    "client.sync": ["PartnerCenterClient"],
    "client.aio": ["AsyncPartnerCenterClient"],
    "client.models": [
        "AuditRecord",
        "Customer",
        "CustomerQualification",
        "DeliveryAttempt",
        "EducationSegment",
        "Qualification",
        "ValidationCode",
        "ValidationEvent",
        "VettingStatus",
        "WebhookRegistration",
    ],
    "client.errors": [
        "PartnerCenterAuthenticationError",
        "PartnerCenterConfigurationError",
        "PartnerCenterError",
        "PartnerCenterInvalidRequestError",
        "PartnerCenterMfaRequiredError",
        "PartnerCenterNotFoundError",
        "PartnerCenterPermissionError",
        "PartnerCenterServiceUnavailableError",
        "PartnerCenterThrottledError",
        "PartnerCenterUnexpectedResponseError",
        "PartnerCenterUnknownOutcomeError",
    ],
    "client.settings": ["ClientSettings"],
    "client.clouds": ["CLOUDS"],
    "client.auth": ["Credentials"],
    "emulator.server": ["Emulator"],
    "emulator.settings": ["After", "Chance", "Limit", "LimitKind", "Mix", "Settings", "Verdict"],
    "emulator.mix": ["Chance", "Mix"],
    "emulator.magic": ["approved_after", "customer_id", "denied_after", "ordinary_id", "propagates_after"],
    "emulator.__main__": ["main"],
}


@pytest.mark.parametrize(
    ("module", "name"), [pytest.param(m, n, id=f"{m}.{n}") for m, names in NAMES.items() for n in names]
)
def test_it_is_where_it_was(module: str, name: str) -> None:
    found = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
    if module.startswith("triggers."):
        assert f"{found.__module__}.{found.__qualname__}" == f"{PACKAGE}.{module}.{name}"
