"""
Many customers at once, in one event loop: their requests, and the wait for all verdicts.

The decisions are those for a single customer (:func:`.submission.submit`, :func:`.waiting.look`); here is only who is
next. Trouble with one customer is that customer's; trouble with the sign-in or the connection is everybody's, and ends
the work for all.
"""
