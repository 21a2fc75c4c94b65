"""The contract on disk: ``python -m marketplace.graph.print`` writes the schema to ``graphql/schema.graphql``."""

import sys
from pathlib import Path

from marketplace.graph.schema import schema

CONTRACT = Path(__file__).parents[2] / "graphql"
SCHEMA_FILE = CONTRACT / "schema.graphql"


def printed() -> str:
    """The schema in its definition language, as the file should hold it."""
    return schema().as_str().rstrip() + "\n"


def main() -> int:
    SCHEMA_FILE.write_text(printed(), encoding="utf-8")
    print(f"wrote {SCHEMA_FILE}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
