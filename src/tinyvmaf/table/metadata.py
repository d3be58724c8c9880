"""``TableMeta`` as the JSON text that a clip table's file carries, and back."""

import json
from dataclasses import asdict

from tinyvmaf.errors import TableError
from tinyvmaf.table.schema import SCHEMA_VERSION, UNKNOWN_EXTRACTOR, ClipOrigin, TableMeta


def metadata_text(meta: TableMeta) -> str:
    """The record as JSON, the same text for equal records: ``clips`` is ``{corpus: {key: content key}}``."""
    clips: dict[str, dict[str, str]] = {}
    for origin in meta.clips:
        clips.setdefault(origin.corpus, {})[origin.key] = origin.content_key
    scale = None if meta.mos_scale is None else [float(end) for end in meta.mos_scale]
    return json.dumps({**asdict(meta), "mos_scale": scale, "clips": clips}, sort_keys=True, ensure_ascii=False)


def parse_metadata(text: str, *, name: str) -> TableMeta:
    """The record that a file's text holds; ``name`` is what the messages call the file.

    Raises:
        TableError: the text is not of that form, or of a newer version.
    """
    try:
        entries = json.loads(text)
        version = int(entries["schema_version"])
        if version > SCHEMA_VERSION:
            raise TableError(f"{name}: clip table of schema version {version}; this tinyvmaf knows {SCHEMA_VERSION}")
        scale = entries.get("mos_scale")
        return TableMeta(
            feature_set=str(entries["feature_set"]),
            extractor=str(entries.get("extractor", UNKNOWN_EXTRACTOR)),
            teachers=tuple(str(teacher) for teacher in entries.get("teachers", ("vmaf",))),
            pairing=entries.get("pairing"),
            mos_scale=None if scale is None else (float(scale[0]), float(scale[1])),
            ffmpeg_version=entries.get("ffmpeg_version"),
            libvmaf_version=entries.get("libvmaf_version"),
            clips=_origins(entries.get("clips", {})),
            schema_version=version,
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise TableError(f"{name}: its metadata are not those of a clip table ({error!r}); extract it again") from error


def _origins(clips: dict[str, dict[str, str]]) -> tuple[ClipOrigin, ...]:
    return tuple(
        ClipOrigin(corpus, key, content_key)
        for corpus, keys in sorted(clips.items())
        for key, content_key in sorted(keys.items())
    )
