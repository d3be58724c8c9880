"""``python -m tinyvmaf`` is the command ``tinyvmaf``."""

from tinyvmaf.cli import main

if __name__ == "__main__":
    main()
