#!/usr/bin/env python3
"""The whole loop of Waybill on real parts, told step by step; every step is checked.

usage: demo.py [--exit] [--folder DIR] [--environments DIR] [--training DIR]

It makes a scratch folder with a bare git remote and the sample fleet, trains two real models, starts the controller (which
starts the gateway), and shows a push that serves, the bundle that it serves from, who signed it, a replacement without a lost
request, a model that is not started since it would run a program, a broken manifest that holds only itself, a killed model that
comes back, a killed controller that takes up where it was, a version that earns its traffic and one that loses it, one answer
explained down to its data, and an audit that proves it all.
With --exit it stops everything at the end; otherwise it leaves the system running and says what to try next. Python environments
are built once and kept in the scratch folder; --environments names another place for those that models run in, --training an
environment that has scikit-learn already.
"""
import argparse
import os
import pathlib
import sys

from story import Failed, Story
from steps import STEPS


def main():
    parser = argparse.ArgumentParser(description="Waybill's demonstration on real parts.")
    parser.add_argument("--exit", action="store_true", help="stop everything at the end")
    parser.add_argument("--folder", default=None, help="scratch folder (default: /tmp/waybill-demo-UID)")
    parser.add_argument("--environments", default=None, help="where the environments of models are kept")
    parser.add_argument("--training", default=None, help="a Python environment to train with")
    arguments = parser.parse_args()
    project = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(arguments.folder or f"/tmp/waybill-demo-{os.getuid()}")
    story = Story(project, folder, arguments.environments, arguments.training)
    try:
        for step in STEPS:
            step(story)
    except Failed as problem:
        story.fail(str(problem))
        story.stop_everything()
        return 1
    except KeyboardInterrupt:
        story.stop_everything()
        return 130
    if arguments.exit:
        story.stop_everything()
        print("\nEverything that the demo started is stopped. It held, step by step.")
    else:
        story.farewell()
    return 0


if __name__ == "__main__":
    sys.exit(main())
