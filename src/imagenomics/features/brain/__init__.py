"""Brain phenotypes of one patient: parcels, surfaces, maps, networks, tracers, lesions of the white matter."""
