"""Files that come in: read in a stream, compared row by row with what is there, written and undone in batches."""
