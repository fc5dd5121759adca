"""The ledger for machines, in the C2SP tlog-tiles layout, and the door for its witnesses."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from signatures.domain import checkpoints, jcs, ledger, log, platform, tiles
from signatures.domain.errors import Malformed, NotFound, SunlitError
from signatures.models import Checkpoint, LedgerNode

TEXT = "text/plain; charset=utf-8"
MAX_COSIGNATURE = 4096


@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint with its cosignatures; ``?size=`` an earlier one."""
    wanted = request.GET.get("size", "")
    row = checkpoints.latest() if not wanted else _checkpoint(wanted)
    if row is None:
        return _refuse(NotFound("The ledger has no checkpoint yet."), 404)
    answer = HttpResponse(checkpoints.with_cosignatures(row), content_type=TEXT)
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def key(request: HttpRequest) -> HttpResponse:
    """The log's verifier key, and those of the witnesses that it knows, a line each."""
    known = [platform.log_verifier(), *checkpoints.witnesses()]
    return HttpResponse("".join(f"{each.vkey}\n" for each in known), content_type=TEXT)


@require_GET
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """A tile of hashes or a bundle of entries; only what a checkpoint covers is served."""
    try:
        wanted = tiles.parse_tile_path(f"tile/{path}")
    except Malformed as error:
        return _refuse(error, 404)
    newest = checkpoints.latest()
    size = newest.size if newest else 0
    if tiles.width_at(wanted.level, wanted.index, size) < wanted.width:
        return _refuse(NotFound(f"The ledger has no {wanted.path} yet."), 404)
    start = wanted.index * tiles.WIDTH
    if wanted.level is None:
        body = tiles.entry_bundle(log.entries(start, start + wanted.width))
    elif wanted.level == 0:
        # A leaf's own hash is its entry's; only what is above is kept as nodes.
        leaves = log.entries(start, start + wanted.width)
        body = tiles.encode_tile([ledger.leaf_hash(data) for data in leaves])
    else:
        level = wanted.level * tiles.HEIGHT
        rows = LedgerNode.objects.filter(
            level=level, index__gte=start, index__lt=start + wanted.width
        ).order_by("index")
        body = tiles.encode_tile([bytes(row) for row in rows.values_list("hash", flat=True)])
    answer = HttpResponse(body, content_type="application/octet-stream")
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@require_GET
def proof(request: HttpRequest, index: int) -> HttpResponse:
    """One leaf with its inclusion proof under the first checkpoint that covers it, as JSON."""
    row = checkpoints.covering(index)
    if row is None:
        return _refuse(NotFound(f"No checkpoint covers entry {index} yet."), 404)
    path = log.inclusion_proof(index, row.size)
    return JsonResponse(
        {
            "kind": "sunlit.ledger-proof/1",
            "index": index,
            "leaf": log.entry(index).decode(),
            "proof": [item.hex() for item in path],
            "checkpoint": checkpoints.with_cosignatures(row),
        }
    )


@csrf_exempt
@require_POST
def cosignature(request: HttpRequest) -> HttpResponse:
    """A witness's cosignature, ``{"size": n, "line": "— name base64"}``; its key is its pass."""
    try:
        if len(request.body) > MAX_COSIGNATURE:
            raise Malformed("A cosignature is one line.")
        value = jcs.loads(request.body)
        if not isinstance(value, dict) or set(value) != {"size", "line"}:
            raise Malformed('Send {"size": number, "line": text}.')
        if type(value["size"]) is not int or not isinstance(value["line"], str):
            raise Malformed('Send {"size": number, "line": text}.')
        row = checkpoints.attach_cosignature(value["size"], value["line"])
    except NotFound as error:
        return _refuse(error, 404)
    except SunlitError as error:
        return _refuse(error, 400)
    return JsonResponse({"witness": row.witness, "size": row.checkpoint_id})


def _checkpoint(wanted: str) -> Checkpoint | None:
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 18:
        return None
    return Checkpoint.objects.filter(size=int(wanted)).first()


def _refuse(error: SunlitError, status: int) -> HttpResponse:
    body = json.dumps(error.as_dict(), ensure_ascii=False)
    return HttpResponse(body, status=status, content_type="application/problem+json")
