"""The HTTP API and the newsroom's page: ``cadrage serve``.

``app`` names the routes, ``engine`` scores, ``gate`` is what every request passes first (identity,
host, key, limits, headers, log), ``server`` runs it all until it is told to stop.
"""
