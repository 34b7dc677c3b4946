"""Which part of a list a page shows; all of it lives in the address, so that it can be shared."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

SIZES = (25, 50, 100, 300)


@dataclass
class Listing:
    """The wish of the address, made valid. Set `total` before the template draws the pager."""

    q: str
    sort: str
    order: str
    page: int
    per_page: int
    total: int = 0
    sizes: tuple[int, ...] = SIZES

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    @property
    def first(self) -> int:
        return self.offset + 1

    @property
    def last(self) -> int:
        return min(self.offset + self.per_page, self.total)

    @property
    def near(self) -> list[int | None]:
        """Page numbers of the pager, None where some are left out: 1 … 4 5 6 … 12."""
        kept = {1, self.pages, *range(self.page - 1, self.page + 2)}
        if self.page <= 3:
            kept |= {2, 3}
        found: list[int | None] = []
        for number in sorted(n for n in kept if 1 <= n <= self.pages):
            if found and found[-1] is not None and number > found[-1] + 1:
                found.append(None)
            found.append(number)
        return found

    def count(self, total: int) -> "Listing":
        """Know how many there are; a page behind the end becomes the last one."""
        self.total = total
        self.page = min(self.page, self.pages)
        return self


def listing(sorts: Sequence[str], default: str, order: str = "asc", per_page: int = 25) -> Listing:
    """Read `q, sort, order, page, per_page`; what makes no sense becomes the default."""
    args = request.args
    sort, way = args.get("sort", default), args.get("order", order)
    size = args.get("per_page", per_page, type=int)
    return Listing(
        q=args.get("q", "").strip()[:200],
        sort=sort if sort in sorts else default,
        order=way if way in ("asc", "desc") else order,
        page=min(max(1, args.get("page", 1, type=int)), 1_000_000),
        per_page=size if size in SIZES else per_page,
    )
