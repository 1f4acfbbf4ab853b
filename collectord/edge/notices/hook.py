"""Notices by webhook: one POST with JSON.

Owns the request. Invariant: it goes to the configured address and nowhere else: no redirect is followed, no proxy used.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from collectord.edge.notices.way import WITHIN, NotTaken, Parcel, because, tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where to. The address may hold a token in its path, so only the host is ever shown."""

    url: str

    @property
    def _host(self) -> str:
        return httpx.URL(self.url).host

    async def send(self, parcel: Parcel) -> str:
        try:
            async with asyncio.timeout(WITHIN), await self._client() as client:
                answer = await client.post(self.url, json=body(parcel))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotTaken(f"{self._host}: {type(error).__name__}" if "://" in str(error) else f"{self._host}: {because(error)}") from error
        if answer.is_redirect:
            raise NotTaken(f"{self._host}: answered {answer.status_code}, a redirect; write the address it leads to into the configuration")
        if not answer.is_success:
            raise NotTaken(f"{self._host}: answered {answer.status_code}")
        return ""

    async def reach(self) -> str:
        url = httpx.URL(self.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(WITHIN):
                _, writer = await asyncio.open_connection(url.host, port, ssl=await tls() if url.scheme == "https" else None)
                writer.close()
                await writer.wait_closed()
        except OSError as error:
            raise NotTaken(f"{url.host}:{port}: {because(error)}") from error
        return f"{url.host}:{port} can be reached; nothing was sent"

    async def _client(self) -> httpx.AsyncClient:
        verify: Any = await tls() if self.url.startswith("https:") else False  # without TLS there is nothing to verify
        return httpx.AsyncClient(timeout=WITHIN, follow_redirects=False, trust_env=False, verify=verify)


def body(parcel: Parcel) -> dict[str, Any]:
    return {
        "host": parcel.host,
        "at": parcel.at.isoformat(),
        "subject": parcel.message.subject,
        "text": parcel.message.text,
        "notices": [{key: one[key] for key in ("id", "at", "kind", "subject", "sentence")} for one in parcel.notices],
    }
