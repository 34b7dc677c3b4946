"""What the store doors take: paths, queries and bodies, strict, documented."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from hub import api
from hub.stores import stores
from hub.stores.directory import Wish


def storable(value: str) -> str:
    if not stores.is_text(value):
        raise ValueError("the query holds characters that no text has")
    return value


Word = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(storable)]
Archived = Literal["true", "false"]
Status = Literal[
    "CONNECTED", "NEED_RECONNECT", "ERROR", "DISABLED", "NOT_CONNECTED",
    "fresh", "late", "stopped", "never_connected",
]  # fmt: skip
Sort = Literal[
    "store_code", "store_name", "status", "last_sync", "followers", "views", "created_at"
]


class StorePath(api.Strict):
    store_code: str = Field(description="whatever its case")


class StoreQuery(api.Strict):
    archived: Archived = Field("false", description="true: also an archived store")


class ListQuery(StoreQuery):
    q: Word | None = Field(None, description="part of code, name, PIC or contact")
    status: Status | None = None
    tag: Word | None = None
    sort: Sort = "store_code"
    order: Literal["asc", "desc"] = "asc"
    limit: Annotated[int, api.whole(1, 1000, "limit")] | None = None
    offset: Annotated[int, api.whole(0, 999_999_999, "offset")] = 0

    def wish(self) -> Wish:
        return Wish(
            q=self.q or "",
            status=self.status or "",
            tag=self.tag or "",
            archived=self.archived == "true",
            sort=self.sort,
            order=self.order,
            limit=self.limit,
            offset=self.offset,
        )


class HistoryQuery(StoreQuery):
    days: api.Days = Field(30, description="calendar days back from today in TZ; 1 is today only")
    format: Literal["json", "csv"] | None = Field(None, description="csv as Accept: text/csv")


class NewStore(api.Strict):
    """Checked by `stores.read_store`, whose messages are the spec's."""

    store_code: str = Field(pattern="^[A-Za-z0-9_-]{1,50}$")
    store_name: str = Field(min_length=1, max_length=255)
    pic_name: str = Field(min_length=1, max_length=255)
    pic_contact: str | None = Field(None, max_length=255)
    tags: list[str] = Field(default_factory=list, max_length=20)

    @model_validator(mode="before")
    @classmethod
    def check(cls, given: Any) -> Any:
        return stores.read_store(given or {})


class StoreChange(api.Strict):
    """Any of the fields; `archived: false` brings a store back."""

    store_name: str | None = Field(None, min_length=1, max_length=255)
    pic_name: str | None = Field(None, min_length=1, max_length=255)
    pic_contact: str | None = Field(None, max_length=255)
    tags: list[str] | None = Field(None, max_length=20)
    archived: bool | None = None
    store_code: str | None = Field(None, description="cannot be changed")

    @model_validator(mode="before")
    @classmethod
    def check(cls, given: Any) -> Any:
        return stores.read_change(given or {})
