"""Text for the cells of files that a spreadsheet opens: none of it is run as a formula."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def escaped(text: str) -> str:
    """With an apostrophe in front where a spreadsheet might run it; importers take that away again."""
    return f"'{text}" if text.startswith(_STARTS) else text
