"""
Requests for many customers in one event loop, and the wait for all verdicts.

The decisions are those for a single customer (:func:`.submission.submit`, :func:`.polling.poll`). This package only
decides which customer is next. An error of one customer affects only that customer. An error of the sign-in or the
connection ends the work for all customers.
"""
