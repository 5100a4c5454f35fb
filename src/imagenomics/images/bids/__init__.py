"""Folders laid out as BIDS: names, sidecars, what belongs together."""
