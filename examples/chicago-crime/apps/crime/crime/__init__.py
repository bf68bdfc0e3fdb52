"""chicago-crime: a monthly pipeline over reported crimes, and the API that serves its model."""
