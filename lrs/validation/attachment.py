"""What a statement says of its attachments: Data 2.4.11."""

from lrs.validation import scalars
from lrs.validation.checks import array, shape

ATTACHMENTS = array(
    "2.4.11",
    shape(
        "2.4.11",
        {
            "usageType": scalars.iri,
            "display": scalars.language_map,
            "description": scalars.language_map,
            "contentType": scalars.media_type,
            "length": scalars.length,
            "sha2": scalars.sha2,
            "fileUrl": scalars.iri,
        },
        required=("usageType", "display", "contentType", "length", "sha2"),
    ),
)
