"""Reads what a service shows at `/metrics`."""

import httpx
from prometheus_client.parser import text_string_to_metric_families


class Scraped:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.names = {family.name for family in families}
        self.samples = [sample for family in families for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """Sum the samples of a name that have these labels."""
        fits = [
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(fits)

    def labels(self, name: str) -> set[str]:
        """List the values of all labels, of all metrics or of one."""
        found = (sample for sample in self.samples if name in {"", sample.name})
        return {value for sample in found for value in sample.labels.values()}


async def scrape(http: httpx.AsyncClient) -> Scraped:
    """Scrape a service."""
    response = await http.get("/metrics")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain; version=")
    return Scraped(response.text)
