"""One page of a list that is read from a position to the next (keyset paging)."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """`next_cursor` is absent on the last page; pass it back as it is to get the next one."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None = Field(default=None, description="opaque, signed, expires")
