"""What searches find in a place of 2,600 projects, as JSON: run once on each database.

More projects than a search reads in their order, so that the index is asked too.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

COUNT = 2600
AT = datetime(2026, 1, 5, tzinfo=UTC)
#: Search -> the projects that it is to find, by number.
SEARCHES = {
    "桥梁": lambda n: n % 700 == 3,
    "梁": lambda n: n % 700 == 3,
    "新区": lambda n: True,
    "新区 桥梁": lambda n: n % 700 == 3,
    "梁桥": lambda n: False,
    "鳄鱼": lambda n: False,
    "road": lambda n: n % 500 == 7,
    "ROAD": lambda n: n % 500 == 7,
    "ＲＯＡＤ": lambda n: n % 500 == 7,
    "100%": lambda n: n == 11,
    "0%新": lambda n: n == 11,
    "%": lambda n: n == 11,
    "_": lambda n: n == 12,
    "'": lambda n: n == 13,
    '"\\': lambda n: n == 14,
    "{a,b}": lambda n: n == 15,
    "NULL": lambda n: n == 16,
    "第二": lambda n: n % 2 == 1,
    "GC-0001": lambda n: 100 <= n <= 199,
    "c-00012": lambda n: 120 <= n <= 129,
    "第二 000123": lambda n: n == 123,
    "第二GC-0001": lambda n: False,
    "旧": lambda n: n < 40,
    "秘密": lambda n: False,
    "开放标段": lambda n: n == 20,
    "区\n": lambda n: True,
    "𠮷": lambda n: n == 17,
    "野𠮷": lambda n: False,
}
MARKS = {
    11: "100%", 12: "a_b", 13: "l'eau", 14: '"\\', 15: "{a,b}", 16: "null", 17: "𠮷野",
}  # fmt: skip


def title(number: int) -> str:
    parts = [
        MARKS.get(number, ""),
        "新区",
        "桥梁" if number % 700 == 3 else "",
        "Road" if number % 500 == 7 else "",
        "旧" if number < 40 else "",
    ]
    return "".join(parts)


def fill() -> None:
    from signatures.domain import guard
    from trading.domain import searching
    from trading.models import Lot, Organisation, Project

    with guard.writes("test arrangement"):
        owners = [
            Organisation.objects.create(
                name=name, credit_code=f"{number:018d}", kinds=["tenderee"], registered_at=AT
            )
            for number, name in enumerate(("第一建设局", "第二建设局"))
        ]
        rows = [
            Project(
                code=f"GC-{number:06d}", title=title(number), category="construction",
                tenderee=owners[number % 2], created_at=AT + timedelta(minutes=number // 3),
                published_at=AT, searchable=searching.of(
                    title=title(number), code=f"GC-{number:06d}", tenderee=owners[number % 2].name
                ),
            )
            for number in range(COUNT)
        ]
        Project.objects.bulk_create(rows)
        lots = [
            Lot(
                project=row, number=1, title="开放标段" if number == 20 else "一标",
                procedure={"name": "construction"}, stage="NOTICE", stage_since=AT,
                published_at=AT, registered_at=row.created_at,
            )
            for number, row in enumerate(rows)
        ]
        lots.append(
            Lot(
                project=rows[30], number=2, title="秘密标段", procedure={"name": "construction"},
                stage="REGISTERED", stage_since=AT, registered_at=rows[30].created_at,
            )
        )
        Lot.objects.bulk_create(lots)
        searching.published(lots[20])


def found(words: str) -> list[str]:
    """Every project that the public finds, through all pages, in their order."""
    from django.contrib.auth.models import AnonymousUser

    from trading.interfaces import listing

    codes: list[str] = []
    after: str | None = ""
    while after is not None:
        page = listing.projects(
            viewer=AnonymousUser(), sieve=listing.Sieve(q=words), after=after
        )
        codes += [row.code for row in page.items]
        after = page.next
    return codes


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trading.settings")
    import django

    django.setup()
    from django.db import connection

    from trading.models.searching import everywhere

    fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    answers = {words: found(words) for words in SEARCHES}
    print(json.dumps({"found": answers, "everywhere": sorted(everywhere())}))


if __name__ == "__main__":
    main()
