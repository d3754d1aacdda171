"""Lets PostgreSQL write the cells: a dataset's columns become SQL that answers with finished text, and COPY streams it.

Every dialect here answers, byte for byte, what `cells.py` and the format's writer make of the same values in Python. A column that
SQL cannot do (computed in Python, decrypted, of an unknown type) leaves the whole export to them.
"""
