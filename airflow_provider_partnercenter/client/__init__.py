"""
A REST client for Microsoft Partner Center: plain Python, no Airflow.

Nothing is re-exported here, because the operators import this package at every DAG parse and must not pay for
``requests``, ``aiohttp`` or ``msal``. Import from the modules:

* :mod:`.sync` and :mod:`.aio`: the two clients,
* :mod:`.models` and :mod:`.errors`: what they return and what they raise.
"""
