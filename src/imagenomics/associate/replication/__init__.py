"""The same pairs tested in several cohorts, and pooled."""
