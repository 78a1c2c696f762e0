"""`python -m baton_cli` is `baton`."""

from baton_cli.app import main

if __name__ == "__main__":
    main()
