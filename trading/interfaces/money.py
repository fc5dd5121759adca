"""Amounts as people read them: grouped figures, and Chinese capitals on legal records.

Capitals follow the rules of bills (《票据法》, 正确填写票据和结算凭证的基本规定, 一): 元, 角 and 分
in capital numerals, 零 for a gap, 整 where no 分 follows.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from signatures.domain.errors import Malformed

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万")
_FEN = Decimal("0.01")

#: One fen under 10^16 yuan, the largest amount that four groups of figures can hold.
MAXIMUM = Decimal("9999999999999999.99")


def _rounded(amount: Decimal) -> Decimal:
    if not amount.is_finite() or abs(amount) > MAXIMUM:
        raise Malformed(f"{amount} is not an amount of money.", code="bad-amount")
    return amount.quantize(_FEN, rounding=ROUND_HALF_UP)


def grouped(amount: Decimal) -> str:
    """``81,274,300.50``: thousands parted by commas, two places."""
    return f"{_rounded(amount):,.2f}"


def capitals(amount: Decimal) -> str:
    """The amount in Chinese capitals: 12030.5 is 壹万贰仟零叁拾元伍角整.

    Raises :class:`Malformed` for what is no finite amount or is 10^16 yuan and more.
    """
    value = _rounded(amount)
    sign = "负" if value < 0 else ""
    yuan, fen = divmod(int(abs(value) * 100), 100)
    jiao, fen = divmod(fen, 10)
    text = f"{_whole(yuan)}元" if yuan else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif yuan and fen:
        text += "零"
    if fen:
        text += f"{_DIGITS[fen]}分"
    if not text:
        return "零元整"
    return sign + (text if fen else f"{text}整")


def _whole(number: int) -> str:
    """A positive whole number: four figures a group, one 零 for any gap between figures."""
    groups: list[int] = []
    while number:
        number, rest = divmod(number, 10000)
        groups.append(rest)
    text = ""
    gap = False
    for position in range(len(groups) - 1, -1, -1):
        group = groups[position]
        if not group:
            gap = bool(text)
            # 万亿 without a figure of 亿 keeps its 亿: 壹万亿, and so does what follows it.
            if position == 2 and text.endswith("万"):
                text += "亿"
            continue
        if text and (gap or group < 1000):
            text += "零"
        text += _group(group) + _GROUPS[position]
        gap = False
    return text


def _group(number: int) -> str:
    """One to four figures: 1030 is 壹仟零叁拾."""
    text = ""
    gap = False
    for position in range(3, -1, -1):
        digit = number // 10**position % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[position]
            gap = False
        else:
            gap = True
    return text
