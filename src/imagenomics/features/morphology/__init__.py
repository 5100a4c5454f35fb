"""Size and shape of a region: mesh, enclosing solids, autocorrelation."""
