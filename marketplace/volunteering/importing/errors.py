"""What can be wrong with a whole list, as opposed to one of its rows."""

from marketplace.kernel.errors import Invalid


class ImportFileIsMissing(Invalid):
    """There is no such file, or it cannot be read."""


class ImportFileIsEmpty(Invalid):
    """The file has no rows below its heading, or nothing at all."""


class ImportEncodingIsUnknown(Invalid):
    """The file is neither UTF-8 nor GB18030; ``looks_like`` names the encoding when its first bytes tell."""


class ImportHeadingIsWrong(Invalid):
    """Columns that the mapping names are not in the heading; ``missing`` lists them."""


class MappingIsBroken(Invalid):
    """The mapping file is not TOML, or says something that a mapping cannot say; ``what`` tells where."""
