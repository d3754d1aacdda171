"""Writes one export: snapshot, rows, cells, file; watched from a second thread."""
