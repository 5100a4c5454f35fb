"""Perfusion of a region: DSC-MRI, DCE-MRI and CT, each model held to objects whose parameters are known."""
