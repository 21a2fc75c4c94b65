"""Commands: the third way in beside pages and GraphQL; they open the house and call the same functions."""
