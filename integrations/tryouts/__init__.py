"""Trying a connector with a simulator of its own: which ports there are, who starts it, what is entered."""
