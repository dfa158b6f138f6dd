"""Benchmarks: each module measures one thing beside a baseline of the same run; `make bench` prints them as JSON."""
