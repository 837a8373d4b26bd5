"""The article: the hands its claims came through, its chain of sources, its headline."""
