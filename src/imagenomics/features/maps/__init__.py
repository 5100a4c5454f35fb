"""Feature maps: the features of a region measured around each of its voxels."""
