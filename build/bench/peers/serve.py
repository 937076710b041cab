"""One request a line on stdin, one answer a line on stdout, both JSON."""

import json
import sys


def serve(handle):
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(handle(json.loads(line))), file=out, flush=True)


def options():
    return json.loads(sys.argv[1])
