#!/usr/bin/env python3
"""Stops everything that a demo left running. usage: stop.py FOLDER"""
import sys

from story import stop_processes_of

if len(sys.argv) != 2:
    sys.exit(__doc__)
stop_processes_of(sys.argv[1])
