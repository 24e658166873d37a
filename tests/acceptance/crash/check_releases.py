"""Whether a releases directory is what it may be: check_releases.py RELEASES [--recovered] [--cut] [--keep N].

Shares nothing with the product: it goes by what the contract says of the directory alone. Prints each violation as
"invariant: what is wrong" and ends with 1 where there is one. Without --recovered it judges what a crash has just
left; with it, what a start has put right. --cut: the power was cut, so the journal may end in a torn line."""

import argparse
import hashlib
import json
import os
import re
import stat
import sys

ID = re.compile(r"[0-9a-f]{12}")
NAMES = {"image", "current", "previous", "releases.log", "releases.log.1", "logs", "manifests", "auth.key", "staging", "lock"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MOVES = {"image", "switched", "reverted", "rolled-back"}


def content_hash(files):
    """`files`: (path, mode, sha256), the mode as "0644"."""
    lines = (f"{path}\0{mode}\0{digest}\n" for path, mode, digest in sorted(files, key=lambda file: os.fsencode(file[0])))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def files_of(tree):
    found = []
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode):
                continue
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            found.append((os.path.relpath(path, tree), "0755" if status.st_mode & 0o100 else "0644", digest))
    return found


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


class Journal:
    """The lines, and what they say of each release."""

    def __init__(self, text):
        self.whole, _, self.tail = text.rpartition(b"\n")
        self.lines = self.whole.split(b"\n") if self.whole else []
        self.entries, self.wrong = [], []
        self.published, self.standing = {}, {"image": "healthy"}
        self.last_move, self.awaiting = None, None
        expected = None
        for number, line in enumerate(self.lines, 1):
            expected = self._take(number, line, expected)

    def _take(self, number, line, expected):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or not TIME.fullmatch(str(entry.get("time"))) or "event" not in entry:
            self.wrong.append(f"line {number} tells nothing")
            entry = {}
        if entry.get("prev") != expected:
            self.wrong.append(f"line {number} does not carry the hash of the line before")
        self.entries.append(entry)
        self._fold(entry.get("event"), entry.get("release"), entry)
        return hashlib.sha256(line).hexdigest()

    def _fold(self, event, release, entry):
        if not release:
            return
        if event == "published":
            self.published[release] = entry
            if self.standing.get(release) in (None, "removed"):
                self.standing[release] = "trial"
        elif event in MOVES:
            self.last_move = release
            self.awaiting = release if event in ("switched", "rolled-back") and release != "image" else None
            if entry.get("forced") and self.standing.get(release) == "failed":
                self.standing[release] = "trial"
        elif event in ("healthy", "failed", "removed"):
            self.standing[release] = event
            if self.awaiting == release:
                self.awaiting = None


class Check:
    def __init__(self, path, recovered=False, cut=False, keep=2, fresh=False):
        self.path, self.recovered, self.cut, self.keep, self.fresh = path, recovered, cut, keep, fresh
        self.journal = Journal(read(self._at("releases.log")))
        self.names = set(os.listdir(path)) if os.path.isdir(path) else set()
        self.ids = sorted(name for name in self.names if ID.fullmatch(name))
        self.found = []

    def run(self):
        if self.fresh and not os.path.isdir(self.path):
            return []
        self.current_leads_to_a_release()
        self.releases_are_whole()
        self.journal_is_whole()
        if self.recovered:
            self.journal_tells_what_serves()
            self.previous_can_be_gone_back_to()
            self.nothing_is_left()
            self.no_more_than_are_kept()
        return self.found

    def current_leads_to_a_release(self):
        current = self._link("current")
        if current is None and self.fresh and not self.recovered:
            return
        if current is None:
            return self._say("current", "there is no link `current`")
        if current != "image" and not ID.fullmatch(current):
            return self._say("current", f"it names no release: {current}")
        if not os.path.isdir(self._at(current)):
            return self._say("current", f"it leads nowhere: {current}")
        if current != "image" and current not in self.journal.published:
            self._say("current", f"the journal knows no release {current}")
        if self.recovered and self.journal.standing.get(current) in ("failed", "removed"):
            self._say("current", f"{current} is {self.journal.standing[current]}, says the journal")

    def releases_are_whole(self):
        for release in self.ids:
            line = self.journal.published.get(release)
            if line is None:
                self._say("whole", f"the journal does not know {release}")
                continue
            files = files_of(self._at(release))
            if content_hash(files) != line.get("hash") or not line.get("hash", "").startswith(release):
                self._say("whole", f"the files of {release} are not those that it is named after")
            sources = self._sources(release)
            if sources is None:
                self._say("whole", f"{release} has no whole manifest")
            elif content_hash(sources) != line.get("source"):
                self._say("whole", f"the manifest of {release} is not that of its sources")
            elif line.get("source") == line.get("hash") and sorted(sources) != sorted(files):
                self._say("whole", f"{release} is not what its manifest says")

    def journal_is_whole(self):
        for wrong in self.journal.wrong:
            self._say("journal", wrong)
        if self.journal.tail and not self.cut:
            self._say("journal", "the last line is torn")

    def journal_tells_what_serves(self):
        current = self._link("current")
        if self.journal.last_move != current:
            self._say("agreement", f"the journal says that {self.journal.last_move} serves, and `current` names {current}")
        there = set(self.ids)
        told = {release for release, standing in self.journal.standing.items() if standing != "removed"} - {"image"}
        # One that failed may have been removed without ever having been published again.
        for release in sorted(told - there):
            if self.journal.standing[release] != "failed":
                self._say("agreement", f"the journal knows {release}, which is not there")
        for release in sorted(there - told):
            self._say("agreement", f"{release} is there, and the journal says it is not")

    def previous_can_be_gone_back_to(self):
        previous = self._link("previous")
        if previous is None:
            return
        if not os.path.isdir(self._at(previous)):
            self._say("previous", f"it leads nowhere: {previous}")
        elif previous == self._link("current"):
            self._say("previous", f"it is what serves: {previous}")
        elif self.journal.standing.get(previous) != "healthy":
            self._say("previous", f"{previous} is not healthy, says the journal")

    def nothing_is_left(self):
        for name in sorted(os.listdir(self._at("staging"))):
            self._say("left", f"staging/{name}")
        for name in sorted(self.names - NAMES - set(self.ids)):
            self._say("left", name)
        for name in sorted(os.listdir(self._at("manifests"))):
            if name not in {release + ".json" for release in self.ids}:
                self._say("left", f"manifests/{name}")

    def no_more_than_are_kept(self):
        if len(self.ids) > max(self.keep, 2) + 1:
            self._say("kept", f"{len(self.ids)} releases are there where {max(self.keep, 2)} are kept")

    def _sources(self, release):
        try:
            files = json.loads(read(self._at("manifests", release + ".json")))["files"]
            return [(file["path"], file["mode"], file["sha256"]) for file in files]
        except (ValueError, KeyError, TypeError):
            return None

    def _link(self, name):
        try:
            return os.readlink(self._at(name))
        except OSError:
            return None

    def _at(self, *names):
        return os.path.join(self.path, *names)

    def _say(self, invariant, what):
        self.found.append(f"{invariant}: {what}")


def check(path, **how):
    return Check(path, **how).run()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("path")
    arguments.add_argument("--recovered", action="store_true")
    arguments.add_argument("--cut", action="store_true")
    arguments.add_argument("--keep", type=int, default=2)
    asked = arguments.parse_args()
    found = check(asked.path, recovered=asked.recovered, cut=asked.cut, keep=asked.keep)
    print("\n".join(found) if found else f"{asked.path} is as it may be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
