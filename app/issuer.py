"""Issuer: signs what the kernel minted, and writes it into the log before anybody has it."""

import asyncio
import json
import logging
from functools import cached_property
from typing import Any

from app.keys import KeyRing, load_keys
from app.log import CertificateLog, LogError
from app.settings import Settings, data_directory
from critics.statement import Signer, read_statement

logger = logging.getLogger("llm_modulo.certificates")


RECENT_BYTES = 32 << 20
"""What is kept in memory of the latest certificates, for a service without a log."""


class Issuer:
    """Hands out certificates.

    Attributes:
        log: Keeps what was issued, if anything does.
    """

    def __init__(self, settings: Settings) -> None:
        """Read and write nothing yet; the first certificate needs the key.

        Args:
            settings: Name the key and the log.
        """
        self.log = open_log(settings)
        self._settings = settings.keys
        self._recent: dict[str, bytes] = {}

    @cached_property
    def keys(self) -> KeyRing:
        """The key that signs, and older ones.

        Raises:
            ServiceError: `settings-invalid`: a configured key cannot be read.
        """
        return load_keys(self._settings)

    @property
    def signer(self) -> Signer:
        """Whom a certificate is to name."""
        return self.keys.signer

    async def issue(self, statement: bytes) -> dict[str, Any]:
        """Sign a Statement and log it.

        A log that cannot be written costs no certificate, which stands for itself: the operator is
        told instead.
        """
        envelope = self.keys.seal(statement)
        self._remember(statement, envelope)
        if self.log is not None:
            try:
                await asyncio.to_thread(self.log.append, envelope)
            except LogError as error:
                logger.warning("a certificate was issued that is not in the log: %s", error)
        return envelope

    async def find(self, name: str) -> bytes | None:
        """Give a certificate by its id, if it is among the latest or in the log.

        Raises:
            LogError: It is in the log and cannot be read.
        """
        if name in self._recent or self.log is None:
            return self._recent.get(name)
        return await asyncio.to_thread(self.log.find, name)

    def _remember(self, statement: bytes, envelope: dict[str, Any]) -> None:
        content = json.dumps(envelope, separators=(",", ":")).encode()
        self._recent[read_statement(statement).id] = content
        while sum(map(len, self._recent.values())) > RECENT_BYTES:
            del self._recent[next(iter(self._recent))]


def open_log(settings: Settings) -> CertificateLog | None:
    """Give the log that the settings name; nothing is read or written yet."""
    if not settings.log.enabled:
        return None
    return CertificateLog(settings.log.file or data_directory() / "certificates.jsonl")
