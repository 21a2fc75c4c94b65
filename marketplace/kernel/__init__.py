"""What every room may use and no room owns: time, ids, errors, input, pages of results, language, files. No domain words."""
