"""``python -m imagenomics``: the command line."""

from imagenomics.cli.app import main

if __name__ == "__main__":
    main()
