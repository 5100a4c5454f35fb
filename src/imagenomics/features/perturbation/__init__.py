"""The same case measured again after small changes of image and mask, to see how stable a feature is."""
