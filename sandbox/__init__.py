"""A small server that speaks like the providers, so that everything runs without the internet.

It imports nothing of `hub`: it must be able to disagree with it. See README.md.
"""
