"""The two regions of the lab: what they are called, and by whom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How a region is called: in paths, in its trust list (ETSI TS 119 612, 5.3.10), by people."""

    name: str
    territory: str
    title: str
    title_en: str

    @property
    def authority(self) -> str:
        """The organisation in the certificates of the region's authorities."""
        return f"LAB {self.title}公共资源交易数字证书中心"

    @property
    def operator(self) -> str:
        """The organisation that operates the region's trust list."""
        return f"LAB {self.title}公共资源交易监督管理局"


PROFILES: tuple[Profile, ...] = (
    Profile(name="east", territory="CN-DY", title="东岳省", title_en="Dongyue Province"),
    Profile(name="west", territory="CN-XC", title="西川省", title_en="Xichuan Province"),
)
"""Two ordinary regions. The provinces do not exist; ISO 3166-2:CN gives nobody these codes."""
