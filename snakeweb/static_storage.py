"""Static files as production serves them: named by their content, and compressed."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Our scripts import each other by those names too, so that no browser mixes an old half with a new one.

    Ours alone: in a library's comment an example of an import would be taken for one.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "snakeweb/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
