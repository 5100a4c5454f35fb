"""The reading list of the field as checked data: one file for each paper."""
