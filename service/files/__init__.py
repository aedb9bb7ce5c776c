"""Files as people have them: what a file is, by its content, and its text with the places that the text came from."""
