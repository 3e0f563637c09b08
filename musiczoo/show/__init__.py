"""Show: files, pictures, pages and sound for people to look at and listen to."""
