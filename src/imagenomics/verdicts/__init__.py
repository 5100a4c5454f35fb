"""What may be said: rules written down beforehand, what a design could show, calibration, net benefit."""
