"""
The rules and procedures for qualifying a customer, on top of the REST client.

This is plain Python: it does not use Airflow, and all I/O goes through the client.
"""
