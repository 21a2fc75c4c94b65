"""Awards: notices, objections, complaints, suspensions, corrections."""
