"""Features as markers: how well each tells two classes apart, and where to cut."""
