"""
How an application proves who it is: one small value for each way, which says how MSAL is asked.

:mod:`.secret` and :mod:`.certificate` are kept in the connection. :mod:`.token_file` and :mod:`.managed_identity` keep
nothing: Entra trusts the token of another issuer instead (page ``workload-identity-federation``). MSAL is imported only
when it is asked.
"""
