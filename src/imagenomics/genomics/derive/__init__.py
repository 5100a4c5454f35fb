"""Labels derived from molecules that were already read, each with its rule, its inputs and who was not called."""
