"""Finding: rows become search documents, the index is kept in step by events, and every hit is re-read before it is shown."""
