"""Pages, one module a noun; each exports ``routes``, which web.app lists."""
