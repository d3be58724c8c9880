"""The parts of two pictures that show the same."""

from dataclasses import dataclass

from tinyvmaf.video.crop import Crop


@dataclass(frozen=True, slots=True)
class Overlap:
    """The parts of the two pictures of a pair that show the same."""

    reference: Crop
    """Of the reference."""
    distorted: Crop
    """Of the distorted picture, as it is compared."""

    def is_whole(self, width: int, height: int) -> bool:
        """Whether both parts are all of their pictures, which have that size."""
        whole = Crop(width, height, 0, 0)
        return self.reference == self.distorted == whole
