"""Convolutional filters of an image before it is measured, held to the reference maps and values of IBSI-2."""
