"""Statements forwarded to other record stores: nothing lost, nothing twice, in the order they were stored.

`queue` is what waits and how far each target is, `letters` what is sent of a stored statement, `target` the
other store over HTTP, `answers` what its answers mean, `forward` the run over all that, `states` how targets
stand. The queue is the store itself: statements have numbers that follow the order of commits, so that a
number a target is what has to be remembered (docs/decisions/0023).
"""
