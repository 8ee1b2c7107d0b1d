"""`python -m openward_cli`, where the command is not installed."""

from openward_cli.main import main

if __name__ == "__main__":
    main()
