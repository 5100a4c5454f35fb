"""Published numbers, and whether they follow from what was printed beside them."""
