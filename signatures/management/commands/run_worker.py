"""The worker process: takes tasks from the queue and shows that it is alive."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from signatures.domain import heartbeats, queue


class Command(BaseCommand):
    help = "Run a worker; start as many as the machine has cores."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Empty the queue and end.")
        parser.add_argument(
            "--slot",
            default="",
            help="A name that one worker at a time bears: a successor takes over its work at once.",
        )
        parser.add_argument("--interval", type=float, default=0.5, help="Seconds between looks.")

    def handle(
        self,
        *args: Any,
        once: bool = False,
        interval: float = 0.5,
        slot: str = "",
        **options: Any,
    ) -> None:
        name = f"{slot or 'worker'}-{get_random_string(16)}"
        if slot:
            queue.return_of_slot(slot)
        worker = Worker(
            queue_names=["*"],
            interval=interval,
            batch=once,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )
        worker.configure_signals()
        with heartbeats.beating(name, "worker"):
            worker.run()
