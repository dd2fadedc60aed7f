"""Make golden.json: what the reference scorer says of the ten spoiled outputs.

usage: python3 golden.py path/to/score.py > golden.json
"""
import glob
import importlib.util
import json
import os
import re
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("score", sys.argv[1])
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(x) for x in f if x.strip()]


def run(gold, out, *flags):
    return subprocess.run([sys.executable, sys.argv[1], gold, out, *flags], capture_output=True, text=True, check=True).stdout


def verdict(gold, out):
    choices = [score.judge({**gold, **alt}, out) for alt in [{}] + (gold.get("also") or [])]
    r = min(choices, key=lambda r: (not r["exact"], len(r["silent"]), len(r["wrong"])))
    return {
        "exact": r["exact"],
        "silent": len(r["silent"]),
        "asked": r["asked"],
        "gold_asks": r["gold_asks"],
        "asks_hit": r["asks_hit"],
        "asks_due": r["asks_due"],
        "wrong": [(re.split(r"[ :\[]", what)[0] + ("!" if loud else "")) for what, loud in r["wrong"]],
    }


golden = {}
path = os.path.join(here, "gold.jsonl")
for out in sorted(glob.glob(os.path.join(here, "spoiled-*.jsonl"))):
    outs = {o["id"]: o for o in read(out)}
    printed = run(path, out, "--tags")
    golden[os.path.basename(out)] = {
        "summary": json.loads(run(path, out, "--json")),
        "fields": {m[1]: [m[2], int(m[3])] for m in re.finditer(r"^(\w+) +([\d.]+%) of (\d+)$", printed, re.M)},
        "tags": {m[1]: [int(m[2]), int(m[3])] for m in re.finditer(r"^(\S+) +(\d+)/(\d+)$", printed, re.M)},
        "lines": {g["id"]: verdict(g, outs.get(g["id"], {"id": g["id"], "error": "no output line"})) for g in read(path)},
    }
print("{")
print(",\n".join(
    f'"{name}": {{"summary": {json.dumps(x["summary"])},\n "fields": {json.dumps(x["fields"])},\n "tags": {json.dumps(x["tags"])},\n "lines": {{\n  '
    + ",\n  ".join(f'"{i}": {json.dumps(v)}' for i, v in x["lines"].items()) + "}}"
    for name, x in golden.items()))
print("}")
