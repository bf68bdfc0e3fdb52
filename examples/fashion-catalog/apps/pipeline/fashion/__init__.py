"""fashion-catalog: a catalog of pictures, a model that finds them by meaning, and the service that searches with it."""
