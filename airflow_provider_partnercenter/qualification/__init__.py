"""
What qualifying a customer means, and how it is done: the rules and procedures, on top of the REST client.

Plain Python: no Airflow, and no I/O but through the client.
"""
