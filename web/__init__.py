"""Starlette app, pages, templates, static files and translations."""
