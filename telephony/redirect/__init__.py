"""Smart redirect: a client's call goes to the manager who knows the client, if that is known in time.

`words` the reasons, `rules` what a tenant wants, `choosing` the decision itself (pure), `finding` and `lookups` who is
responsible, `circumstances` who can be reached, `deciding` all of it within a budget of time, `handlers` the exchange's path.
"""
