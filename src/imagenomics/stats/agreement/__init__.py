"""How far repeated measurements, readers and outlines agree: ICC, concordance, kappa, alpha, overlap."""
