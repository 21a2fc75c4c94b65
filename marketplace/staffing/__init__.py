"""Who is put where: the pool of a need, assignment runs whose results are offers, and other fair ways to fill places."""
