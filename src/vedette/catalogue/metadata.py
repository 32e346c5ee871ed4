"""The document in which the service describes itself."""

from __future__ import annotations

from vedette.catalogue.operation import GET, SERVICE_SCHEMA, Declared, M, Operations


class Metadata(Operations[M], base="/api", resource="metadata"):
    """The schema of the service."""

    @GET(
        "$metadata",
        answer_format="xml",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=("In the service's schema and on no page. Open to everybody on a local tenant.",),
    )
    def get(self) -> str:
        """Fetch the OData schema of the service, as XML."""
        raise Declared
