"""Mails about exports: owed with what they tell of, written when they are sent."""
