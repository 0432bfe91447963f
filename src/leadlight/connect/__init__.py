"""What is fetched and written back."""
