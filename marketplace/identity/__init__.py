"""People: who they are, how they prove it, what they consented to, and which roles reach how far."""
