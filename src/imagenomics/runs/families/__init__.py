"""Declared families of tests: one module for each kind of block that tests something."""
