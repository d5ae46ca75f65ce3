from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.models import Customer


class TestCustomer:
    def test_full(self):
        customer = Customer.from_json(
            {
                "id": "c-1",
                "allowDelegatedAccess": True,
                "relationshipToPartner": "reseller",
                "companyProfile": {"tenantId": "c-1", "domain": "elm.example", "companyName": "Elm School"},
                "billingProfile": {
                    "email": "head@elm.example",
                    "companyName": "Elm School Board",
                    "defaultAddress": {
                        "addressLine1": "1 Elm St",
                        "city": "Elmton",
                        "postalCode": 12345,
                        "country": "US",
                    },
                },
                "customDomains": ["elm.example", "elm.example.org"],
            }
        )
        assert customer.company_name == "Elm School"
        assert customer.email == "head@elm.example"
        assert (customer.address.address_line1, customer.address.postal_code) == ("1 Elm St", "12345")
        assert customer.custom_domains == ("elm.example", "elm.example.org")
        assert customer.to_dict() == {
            "id": "c-1",
            "company_name": "Elm School",
            "domain": "elm.example",
            "relationship_to_partner": "reseller",
            "allow_delegated_access": True,
        }

    def test_of_a_list_in_pascal_case_with_nulls(self):
        customer = Customer.from_json(
            {"Id": None, "CompanyProfile": {"TenantId": "c-2", "CompanyName": "Oak"}, "BillingProfile": None}
        )
        assert customer == Customer("c-2", "Oak")

    def test_domains_that_are_none(self):
        nested: list[object] = []
        for _ in range(5000):
            nested = [nested]
        customer = Customer.from_json({"id": "c", "customDomains": ["elm.example", None, 7, nested]})
        assert customer.custom_domains == ("elm.example",)

    def test_address_of_the_company_where_billing_has_none(self):
        customer = Customer.from_json({"id": "c", "companyProfile": {"address": {"city": "Oakton"}}})
        assert customer.address.city == "Oakton"

    @pytest.mark.parametrize("document", [{}, [], None, {"companyProfile": {}}, "c-1"])
    def test_without_an_id_is_refused(self, document):
        with pytest.raises(ValueError, match="id"):
            Customer.from_json(document)
