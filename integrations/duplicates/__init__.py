"""Records that mean the same person or firm: how they are found, what becomes of their values, and the work in between."""
