"""The words and rules that everybody shares: governed tags with synonyms, qualification types, and the law as rows."""
