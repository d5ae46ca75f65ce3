"""The emulated Partner Center without HTTP: customers, codes, rules, tokens and its clock."""
