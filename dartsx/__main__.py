"""``python -m dartsx`` is the command ``dartsx``."""

from dartsx.experiments.commands import main

if __name__ == "__main__":
    main()
