"""Every exception that tinyvmaf raises for the world's faults; a caller's bug is a ``ValueError``.

::

    TinyVmafError
    ├── ToolError               ffmpeg is missing, too old, or lacks a part that is needed
    │   └── FfmpegError         one ffmpeg run failed; carries argv and the end of stderr
    ├── VideoError              a file that is not a readable video, or is broken
    │   └── PairingError        two videos that may not be compared frame by frame
    ├── CorpusError             a corpus that is missing, empty or not laid out as it should be
    │   └── DownloadError       a download that failed or does not verify
    ├── TableError              a clip table that breaks the schema, or lacks what was asked for
    │   └── StoreError          the clip store cannot be read or written
    ├── RecipeError             a recipe with an unknown or senseless entry
    ├── FitError                a training that cannot start or be resumed
    ├── BundleError             a model whose parts do not fit together
    │   ├── ModelRefusedError   a model file that fails a check before it is opened
    │   └── ShelfError          the shelf: unknown, taken or read-only id
    ├── CurveError              rate-distortion curves that cannot be compared
    ├── TargetError             a score that no setting of an encoder reaches
    ├── ReportError             a report that cannot be read or written, or that another one contradicts
    └── CancelledError          work that was stopped on request
"""


class TinyVmafError(Exception):
    """The root: a message says what was wrong, with the value, and what to do."""


class ToolError(TinyVmafError):
    """An outside tool is missing, too old, or lacks a part that is needed."""


class FfmpegError(ToolError):
    """One ffmpeg run failed.

    Attributes:
        argv: The command that was run.
        stderr_tail: The last lines that it wrote to stderr.
    """

    def __init__(self, message: str, *, argv: tuple[str, ...] = (), stderr_tail: str = "") -> None:
        super().__init__(message)
        self.argv = argv
        self.stderr_tail = stderr_tail


class VideoError(TinyVmafError):
    """A file that is not a readable video, or is broken."""


class PairingError(VideoError):
    """Two videos that may not be compared frame by frame."""


class CorpusError(TinyVmafError):
    """A corpus that is missing, empty or not laid out as it should be."""


class DownloadError(CorpusError):
    """A download that failed or does not verify."""


class TableError(TinyVmafError):
    """A clip table that breaks the schema, or lacks what was asked for."""


class StoreError(TableError):
    """The clip store cannot be read or written."""


class RecipeError(TinyVmafError):
    """A recipe with an unknown or senseless entry."""


class FitError(TinyVmafError):
    """A training that cannot start or be resumed."""


class BundleError(TinyVmafError):
    """A model whose parts do not fit together."""


class ModelRefusedError(BundleError):
    """A model file that fails a check before it is opened."""


class ShelfError(BundleError):
    """The shelf: an id that is unknown, taken or read-only."""


class CurveError(TinyVmafError):
    """Rate-distortion curves that cannot be compared."""


class TargetError(TinyVmafError):
    """A score that no setting of an encoder reaches."""


class ReportError(TinyVmafError):
    """A report that cannot be read or written, or that another one contradicts."""


class CancelledError(TinyVmafError):
    """Work that was stopped on request."""
