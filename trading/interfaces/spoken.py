"""What paper says in two languages, on a page in the reader's."""

from __future__ import annotations

from django.utils.translation import get_language

from signatures.paper.document import Text, Words


def spoken(text: Text) -> str:
    """Words in the language in which the page is read; other text as it is."""
    if not isinstance(text, Words):
        return text
    return text.zh if (get_language() or "").startswith("zh") else text.en
