"""The PDF reader and writer that signing and assessing share, with limits for hostile files."""

from __future__ import annotations

import io

from pyhanko.pdf_utils.decode_limits import DecodeLimits
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures.domain.errors import Malformed


class Update(IncrementalPdfFileWriter):
    """One more revision of a document, which leaves its metadata as they are.

    A signature changes nothing that the document says; and the library below would write the real
    present into them, which is not the platform's time where the clock is moved.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), decode_limits=DecodeLimits.for_untrusted_input())
        if self.prev.encrypted:
            raise Malformed("The document is encrypted and cannot be signed.", code="encrypted")

    def _update_meta(self) -> None:
        return None

    def written(self) -> bytes:
        """The document with this revision."""
        output = io.BytesIO()
        self.write(output)
        return output.getvalue()


def read(data: bytes) -> PdfFileReader:
    """A strict reader over a whole document in memory."""
    return PdfFileReader(
        io.BytesIO(data), strict=True, decode_limits=DecodeLimits.for_untrusted_input()
    )
