"""Tests across the rooms, and what all tests stand on."""
