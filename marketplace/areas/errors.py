"""What can be wrong with a list of divisions, as sentences."""

from marketplace.kernel.errors import Conflict, Invalid


class DivisionsAreUnreadable(Invalid):
    """The file is not a UTF-8 or GB18030 table with the columns code, name, level and parent."""


class DivisionsAreEmpty(Invalid):
    """The file has a heading and no areas."""


class DivisionIsWrong(Invalid):
    """Line ``line`` of the file, where ``area`` stands, cannot be right."""


class DivisionColumnsAreWrong(DivisionIsWrong):
    """The line has more or fewer than four columns."""


class DivisionCodeIsWrong(DivisionIsWrong):
    """A code is twelve digits."""


class DivisionIsRepeated(DivisionIsWrong):
    """The code stood on an earlier line."""


class DivisionNameIsWrong(DivisionIsWrong):
    """A name has 1 to 64 printable characters."""


class DivisionLevelIsWrong(DivisionIsWrong):
    """The level is unknown, or not the one that the code's digits tell."""


class DivisionParentIsWrong(DivisionIsWrong):
    """The parent is not listed, or not the one that the code's digits tell."""


class EditionIsDifferent(Conflict):
    """An edition called ``edition`` was imported before, with other contents; a corrected list needs a name of its own."""


class EditionIsOlder(Conflict):
    """The newest edition, ``newest``, is of a later day than this one."""
