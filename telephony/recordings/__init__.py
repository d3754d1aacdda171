"""Recordings of calls: found where the exchange keeps them, listened to by links that end.

`paths` what may be read at all, `places` the ways to read it, `expecting` and `checking` a recording's way until it is
complete, `links` and `serving` how it is listened to, `keeping` copies and their end.
"""
