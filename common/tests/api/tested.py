"""Says which operations Schemathesis has tested, and which answers it has seen: tested.py FOLDER

The folder has PART.SERVICE.json, what a service says of itself, and PART.SERVICE.STATE.ndjson, what was asked and answered in
each of its runs. An operation counts once for each run in which it was asked. To the standard error go, a line each, the
operations that were never asked, and the statuses that are described and never came: either the description promises too
much, or the runs ask too little.
"""

import json
import pathlib
import sys
from collections import defaultdict

NOT_AWAITED = {"400", "403", "413", "500", "503"}
"""Statuses that a service may also give for what these runs do not do: break the head of a request, come from another origin,
send more than 64 KiB, find a mistake in the service, or ask while it rebuilds its state."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def described(description):
    """The statuses that a description gives each operation, such as POST /order."""
    return {
        f"{method.upper()} {path}": set(operation["responses"])
        for path, item in json.loads(description.read_text())["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def answered(run):
    """The statuses that each operation was answered with in a run."""
    statuses = defaultdict(set)
    with run.open() as events:
        for line in events:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
            for case, interaction in recorder.get("interactions", {}).items():
                asked = recorder["cases"][case]["value"]
                if interaction["response"]:
                    statuses[f"{asked['method']} {asked['path']}"].add(str(interaction["response"]["status_code"]))
    return statuses


def main(folder):
    count = 0
    for description in sorted(folder.glob("*.json")):
        runs = [answered(run) for run in folder.glob(f"{description.stem}.*.ndjson")]
        for operation, statuses in described(description).items():
            seen = [run[operation] for run in runs if run[operation]]
            count += len(seen)
            if not seen:
                print(f"{description.stem}: {operation} was not tested", file=sys.stderr)
                continue
            for status in sorted(statuses - NOT_AWAITED - set().union(*seen)):
                print(f"{description.stem}: {operation} was never answered with {status}", file=sys.stderr)
    print(count)


main(pathlib.Path(sys.argv[1]))
