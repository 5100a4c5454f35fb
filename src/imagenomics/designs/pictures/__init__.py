"""Small pictures in which a quantity is planted: one module for each kind of picture."""
