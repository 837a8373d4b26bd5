"""French sentences: :func:`split` for a string, :func:`segment` for an article.

``boundaries`` finds the places where a unit may end, ``stops`` judges the stop that stands there,
``quotes`` tells opening from closing marks, ``credits`` names the units that are no sentence.
"""

from classifier.text.segmentation.articles import segment
from classifier.text.segmentation.boundaries import split

__all__ = ["segment", "split"]
