"""Responses with a likelihood of their own: levels in order, and counts."""
