"""Time to an event: curves, tests, Cox models, and a scan of many features at once."""
