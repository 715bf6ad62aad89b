"""The generate-critique loop: everything that decides what to say to the model next."""
