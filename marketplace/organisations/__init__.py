"""Social organisations: registration, verification by an officer, documents, members, and the public page."""
