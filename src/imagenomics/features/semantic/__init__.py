"""What readers see: coded tables of radiological traits with a data dictionary."""
