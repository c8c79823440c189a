"""Fonts for names drawn on pictures: `fonts.zip` and `LICENSES.txt`, made at build by build_hooks/fonts.py."""
