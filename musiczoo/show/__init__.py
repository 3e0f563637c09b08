"""What people look at and listen to: plots, pages, reports, sound."""
