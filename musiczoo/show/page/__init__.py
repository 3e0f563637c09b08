"""A web page that plays, shows and compares pieces."""

from musiczoo.show.page.page import Group, html, Piece

__all__ = ['Group', 'Piece', 'html']
