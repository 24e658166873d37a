"""Whether check_releases.py sees what it is for: checker_test.py SUBJECT. A sound directory is spoiled in one way after
the other, one at least for each thing that is checked, and the program must name the invariant that is broken."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

import jobs

CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_releases.py")
ONE, TWO, THREE = jobs.IDS["one"], jobs.IDS["two"], jobs.IDS["three"]


def relink(path, target):
    os.unlink(path)
    if target:
        os.symlink(target, path)


def write(path, text, mode="w"):
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)


def truncate(path):
    os.truncate(path, os.path.getsize(path) - 1)


def edit_line(number, change):
    """Changes a line of the journal; the chain behind it breaks."""
    def spoil():
        with open("releases.log", encoding="utf-8") as file:
            lines = file.read().split("\n")
        lines[number] = change(lines[number])
        write("releases.log", "\n".join(lines))
    return spoil


def drop_line(number):
    def spoil():
        with open("releases.log", encoding="utf-8") as file:
            lines = file.read().split("\n")
        del lines[number]
        write("releases.log", "\n".join(lines))
    return spoil


def edit_manifest():
    path = f"manifests/{TWO}.json"
    with open(path, encoding="utf-8") as file:
        manifest = json.load(file)
    manifest["files"][0]["sha256"] = "0" * 64
    write(path, json.dumps(manifest))


# What is spoiled, and the invariant that is named then.
SPOILED = [
    ("current is gone", "current", lambda: relink("current", "")),
    ("current leads nowhere", "current", lambda: relink("current", "0123456789ab")),
    ("current leads out", "current", lambda: relink("current", "/tmp")),
    ("a file of a release is short", "whole", lambda: truncate(f"{TWO}/message.txt")),
    ("a file of a release is empty", "whole", lambda: os.truncate(f"{ONE}/message.txt", 0)),
    ("a file of a release is missing", "whole", lambda: os.unlink(f"{TWO}/static/app.js")),
    ("a file of a release is too much", "whole", lambda: write(f"{TWO}/more", "")),
    ("a file has lost its mode", "whole", lambda: os.chmod(f"{TWO}/bin/start", 0o644)),
    ("a manifest is gone", "whole", lambda: os.unlink(f"manifests/{TWO}.json")),
    ("a manifest is short", "whole", lambda: truncate(f"manifests/{ONE}.json")),
    ("a manifest is another's", "whole", edit_manifest),
    ("a release is unknown", "whole", lambda: shutil.copytree(TWO, "0123456789ab")),
    ("the last line is torn", "journal", lambda: truncate("releases.log")),
    ("the journal ends in zeros", "journal", lambda: write("releases.log", "\0" * 40, "a")),
    ("a line is no JSON", "journal", edit_line(2, lambda line: line[:-4])),
    ("a line was changed", "journal", edit_line(2, lambda line: line.replace("bot", "tob"))),
    ("a line is missing", "journal", drop_line(2)),
]
SPOILED_ONCE_RECOVERED = [
    ("the journal is ahead", "agreement", lambda: relink("current", ONE)),
    ("a release is gone", "agreement", lambda: shutil.rmtree(ONE)),
    ("a removed release is back", "agreement", lambda: back_again()),
    ("current is a failed release", "current", lambda: relink("current", THREE)),
    ("previous leads nowhere", "previous", lambda: relink("previous", "0123456789ab")),
    ("previous is current", "previous", lambda: relink("previous", TWO)),
    ("previous has failed", "previous", lambda: relink("previous", THREE)),
    ("a staged tree is left", "left", lambda: os.mkdir("staging/0123456789abcdef")),
    ("a link is left", "left", lambda: os.symlink(TWO, "staging/current-0123456789ab")),
    ("half a file is left", "left", lambda: write("auth.key.tmp-0123456789ab", "")),
    ("half a manifest is left", "left", lambda: write(f"manifests/{TWO}.json.tmp-0123456789ab", "")),
    ("a manifest without a release is left", "left", lambda: write("manifests/0123456789ab.json", "{}")),
    ("too many releases are there", "kept", lambda: [shutil.copytree(TWO, f"{n:012x}") for n in range(2)]),
]


def back_again():
    """The journal says that it was removed, in a line that is in the chain."""
    with open("releases.log", "rb") as file:
        last = file.read().split(b"\n")[-2]
    line = {"time": "2026-01-01T00:00:00Z", "event": "removed", "release": THREE, "prev": hashlib.sha256(last).hexdigest()}
    write("releases.log", json.dumps(line) + "\n", "a")


def checked(path, *options):
    done = subprocess.run([sys.executable, "-B", CHECKER, path, *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def tries(place, spoiled, options):
    """How many were not seen."""
    missed = 0
    for what, invariant, spoil in spoiled:
        place.restore("sound")
        os.chdir(place.releases)
        spoil()
        status, said = checked(place.releases, *options)
        if status != 1 or not any(line.startswith(invariant + ":") for line in said.splitlines()):
            print(f"not seen: {what}: {invariant} was expected, and it says: {said.strip()}")
            missed += 1
    os.chdir("/")
    return missed


def main():
    root = tempfile.mkdtemp(prefix="ops-crash-")
    try:
        jobs.write_inputs(f"{root}/inputs")
        place = jobs.Place(root, os.path.abspath(sys.argv[1]))
        deploys = [["deploy", f"{root}/inputs/{name}.zip"] for name in ("one", "two", "three")]
        place.make(["set-up", *deploys[0], "judge", "healthy", *deploys[1], "judge", "healthy", *deploys[2], "judge", "failed"])
        place.save("sound")
        for options in ([], ["--recovered"]):
            status, said = checked(place.releases, *options)
            if status != 0:
                print(f"what is sound is found broken: {said}")
                return 1
        missed = tries(place, SPOILED, []) + tries(place, SPOILED_ONCE_RECOVERED, ["--recovered"])
        print(f"{len(SPOILED) + len(SPOILED_ONCE_RECOVERED)} directories were spoiled, {missed} were not seen")
        return 1 if missed else 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
