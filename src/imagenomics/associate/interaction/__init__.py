"""Does an association depend on a third column: the test of the product, and each stratum beside it."""
