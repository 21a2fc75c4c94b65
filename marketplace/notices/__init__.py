"""Telling people: the inbox on the site, e-mail and other channels, preferences, reminders, calendar and news feeds."""
