"""Public archives: what they hold, and how it comes onto this machine, whole, checked and with its release named."""
