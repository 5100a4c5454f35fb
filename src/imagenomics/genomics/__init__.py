"""Molecules in: mutations, copy number, expression and labels of the same patients, keyed by patient."""
