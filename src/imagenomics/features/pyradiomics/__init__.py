"""The definitions of PyRadiomics where they differ from IBSI's, so that old studies can be continued."""
