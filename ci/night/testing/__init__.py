"""Fakes, and what tests of the night share."""
