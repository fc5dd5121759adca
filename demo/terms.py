"""What the documents of the played tenders state: how bids are scored, how a floor goes."""

from __future__ import annotations

from typing import Any

#: How bids are scored; hashed with the documents, so that anyone can compute it again.
COMPREHENSIVE: dict[str, Any] = {
    "method": "comprehensive",
    "technical": {
        "weight": 60,
        "criteria": [
            {"id": "plan", "title": "施工组织设计", "title_en": "Construction plan", "full": 40},
            {"id": "quality", "title": "质量与安全措施", "title_en": "Quality, safety", "full": 35},
            {"id": "team", "title": "项目管理机构", "title_en": "Project team", "full": 25},
        ],
    },
    "price": [
        {
            "method": "benchmark_average",
            "parameters": {
                "full": "30",
                "discount": "0.02",
                "n_high": "1",
                "n_low": "0.5",
                "trim": [[5, 0, 0], [None, 1, 1]],
                "places": 2,
            },
        },
        {"method": "lowest_price_share", "parameters": {"weight": "0.10", "places": 2}},
    ],
    "state_funds": True,
}
#: Goods: seven tenths technical, three tenths by the lowest price alone (Order 87, 55).
GOODS: dict[str, Any] = {
    "method": "comprehensive",
    "technical": {
        "weight": 70,
        "criteria": [
            {"id": "fit", "title": "技术参数响应", "title_en": "Fit to requirements", "full": 60},
            {"id": "service", "title": "售后服务", "title_en": "Service", "full": 40},
        ],
    },
    "price": [{"method": "lowest_price_share", "parameters": {"weight": "0.30", "places": 2}}],
}

#: An inquiry: whoever conforms at the lowest price.
LOWEST: dict[str, Any] = {"method": "lowest_evaluated_price", "places": 0}
#: Something is sold: the plan of use counts, and the higher price.
SALE: dict[str, Any] = {
    "method": "comprehensive",
    "technical": {
        "weight": 30,
        "criteria": [
            {"id": "plan", "title": "开发利用方案", "title_en": "Plan of use", "full": 60},
            {"id": "means", "title": "资信与履约能力", "title_en": "Means", "full": 40},
        ],
    },
    "price": [{"method": "highest_price_share", "parameters": {"weight": "0.70", "places": 2}}],
    "tie": ["higher_price", "technical"],
}

#: A floor: prices in steps, one call at the end of a listing, three in an auction.
LISTED: dict[str, Any] = {
    "method": "floor",
    "direction": "rising",
    "start": "182000000.00",
    "step": "2000000.00",
    "round_seconds": 300,
    "calls": 1,
    "deposit": "36400000.00",
}
AUCTIONED = {**LISTED, "calls": 3, "round_seconds": 60}
QUARRY = {**LISTED, "start": "56000000.00", "step": "500000.00", "deposit": "11200000.00"}
WORKSHOP = {**LISTED, "start": "8500000.00", "step": "50000.00", "deposit": "1700000.00"}
SHARES = {**LISTED, "start": "23500000.00", "step": "100000.00", "deposit": "4700000.00"}
