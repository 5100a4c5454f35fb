"""How work is done: executors, failures, seeds, progress and thread limits. No science lives here."""
