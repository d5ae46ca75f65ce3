"""
What a task tells about its customers in an XCom, for the page: before it waits, and when it ends.

:mod:`.states` and :mod:`.many` say what (pure functions), :mod:`.pushing` pushes it, and :mod:`.failures` tells how a
task failed.
"""
