"""Ending a call that goes on, and giving it to a colleague, at the exchange.

`channels` which of the exchange's channels a command means (pure), `acting` the order of look, claim and action, `ami` and
`ssh` the two ways to an exchange.
"""
