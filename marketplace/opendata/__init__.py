"""What the house publishes for machines, and what it reads of others': the Open Contracting Data Standard, version 1.1."""
