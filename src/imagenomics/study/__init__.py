"""One study file: reading it, changing it from the command line, and writing a first one."""
