"""Field mapping: how an account's own fields become ours, and ours theirs.

`active.mapped` and `active.mapped_out` are what sync calls; everything below `active` is pure.
"""
