"""The programming interface of sealed bidding and of rooms, under ``/api/v1/``."""

from __future__ import annotations

from ninja import Router

from bidding.api import (
    clarifications,
    committee,
    evaluation,
    examination,
    floor,
    guarantees,
    hall,
    opening,
    rooms,
    sealing,
)

router = Router()
router.add_router("", sealing.router)
router.add_router("", opening.router)
router.add_router("", rooms.router)
router.add_router("", hall.router)
router.add_router("", committee.router)
router.add_router("", guarantees.router)
router.add_router("", evaluation.router)
router.add_router("", examination.router)
router.add_router("", clarifications.router)
router.add_router("", floor.router)
