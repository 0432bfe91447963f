"""The HTTP service: scores at the moment they are needed, and the records around them."""
