"""
Wait for Microsoft's verdict. No I/O, no Airflow.

The sensor's poke uses :func:`.polling.poll`. The trigger and an operator that waits on a worker use
:func:`.polling.wait_for_verdict`. So all of them decide alike.
"""
