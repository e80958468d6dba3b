"""From locked rules, results and marks to points, a place and a grade. Pure: no database, no pages.

`scheme` is what the rules are, `loader` reads them from YAML, `figures` takes figures from a Report, `marking` gives
points to one unit, `ranking` sets units beside each other, `scrutiny` looks at the scheme itself.
"""
