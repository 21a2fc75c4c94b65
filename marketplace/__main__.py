"""The command line's way in: `marketplace …` or `python -m marketplace …`."""

from marketplace.cli.app import main

if __name__ == "__main__":
    main()
