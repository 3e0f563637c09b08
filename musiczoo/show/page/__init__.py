"""Groups of pieces walk in; a page to hear, see and compare them walks out."""

from musiczoo.show.page.page import Group, html, Piece

__all__ = ['Group', 'Piece', 'html']
