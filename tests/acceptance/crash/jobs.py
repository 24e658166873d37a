"""What is broken off: the jobs, the places they begin from, and what may serve afterwards."""

import copy
import hashlib
import json
import os
import shutil
import subprocess
import zipfile

import check_releases

VERSIONS = {
    name: {"message.txt": (f"version {name}\n", 0o644), "static/app.js": ("run();\n" * 40, 0o644),
           "bin/start": (f"#!/bin/sh\necho {name}\n", 0o755)}
    for name in ("one", "two", "three", "four")
}
KEPT = {"kept.txt": ("carried over\n", 0o644)}
PRECIOUS = "what the app has written\n"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def listed(files):
    return [(path, f"{mode:04o}", digest(text)) for path, (text, mode) in files.items()]


def release_of(files):
    return check_releases.content_hash(listed(files))[:12]


def built(files):
    return {**files, **KEPT, "built/copy.txt": (files["message.txt"][0], 0o644)}


IDS = {name: release_of(files) for name, files in VERSIONS.items()} | {"image": "image"}
BUILT_IDS = {name: release_of(built(files)) for name, files in VERSIONS.items()} | {"image": "image"}


class Failed(Exception):
    """The subject ended with an error where nothing was broken off."""


class Job:
    """`begin`: the words that lead to its beginning, and `crash`: a job that is killed then, at a call of that name on
    a file of that name. `serves`: what may serve afterwards, before and after. `again`: what must succeed then."""

    def __init__(self, name, begin, words, serves, again, ids=None, fails=False, crash=None, older=()):
        self.name, self.begin, self.words, self.again, self.fails = name, begin, words, again, fails
        self.older = older
        self.ids, self.crash = ids or IDS, crash
        self.serves = [self.ids[version] for version in serves]
        self.fresh = not begin

    def on_a_failing_disk(self):
        """A release that cannot be looked at cannot be gone back to: an older healthy one may serve then."""
        tolerant = copy.copy(self)
        tolerant.serves = [self.ids[version] for version in self.older] + self.serves
        return tolerant


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (text, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, text)


def write_inputs(folder):
    os.makedirs(folder)
    for name, files in VERSIONS.items():
        write_zip(f"{folder}/{name}.zip", files)
    offered = [{"path": path, "mode": f"{mode:04o}", "size": len(text), "sha256": digest(text)}
               for path, (text, mode) in VERSIONS["three"].items()]
    with open(f"{folder}/three.json", "w", encoding="utf-8") as file:
        json.dump({"files": offered}, file)
    write_zip(f"{folder}/three-rest.zip", {k: v for k, v in VERSIONS["three"].items() if k != "static/app.js"})
    with open(f"{folder}/three.zip", "rb") as whole, open(f"{folder}/broken.zip", "wb") as broken:
        broken.write(whole.read()[:-9])


def all_jobs(inputs):
    def deploy(name):
        return ["deploy", f"{inputs}/{name}.zip"]

    healthy = ["judge", "healthy"]
    two = ["set-up", *deploy("one"), *healthy, *deploy("two"), *healthy]
    built_two = ["with-build", *two]
    on_trial = [*two, *deploy("three")]
    offer = ["offer", f"{inputs}/three.json", f"{inputs}/three-rest.zip"]
    return [
        Job("set-up", [], ["set-up"], ["image"], deploy("one")),
        Job("deploy", two, deploy("three"), ["two", "three"], deploy("three")),
        Job("offer", two, offer, ["two", "three"], offer),
        Job("build", built_two, ["with-build", *deploy("three")], ["two", "three"], ["with-build", *deploy("three")],
            BUILT_IDS),
        Job("old-again", [*on_trial, *healthy], deploy("two"), ["three", "two"], deploy("two")),
        Job("refused", two, ["deploy", f"{inputs}/broken.zip"], ["two"], deploy("three"), fails=True),
        Job("passed", on_trial, healthy, ["three"], deploy("four")),
        Job("first-passed", ["set-up", *deploy("one")], healthy, ["one"], deploy("two")),
        Job("failed", on_trial, ["judge", "failed"], ["three", "two"], deploy("four"), older=["one"]),
        Job("roll-back", two, ["roll-back", "previous"], ["two", "one"], deploy("three")),
        Job("compact", [*two, "note-sign-ins", "1100"], ["compact"], ["two"], deploy("three")),
        Job("recover", two, ["recover"], ["two"], deploy("three"), crash=(deploy("three"), "openat", "start")),
        Job("lost-switch", two, ["recover"], ["two"], deploy("three"), crash=(deploy("three"), "renameat", "current-")),
    ]


class Place:
    """The directory that is broken off, always at the same path: links in it are absolute."""

    def __init__(self, root, subject):
        self.path, self.subject = f"{root}/place", subject
        self.releases = f"{self.path}/releases"
        self._saved = f"{root}/saved"

    def make(self, words):
        """Anew, as it is after `words`."""
        self.clear()
        os.makedirs(f"{self.path}/image")
        os.makedirs(f"{self.path}/shared")
        for name, text in (("image/message.txt", "image\n"), ("image/kept.txt", KEPT["kept.txt"][0]),
                           ("shared/precious", PRECIOUS)):
            with open(f"{self.path}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        if words:
            self.do(words)

    def is_saved(self, name):
        return os.path.isdir(f"{self._saved}/{name}")

    def save(self, name):
        shutil.rmtree(f"{self._saved}/{name}", ignore_errors=True)
        shutil.copytree(self.path, f"{self._saved}/{name}", symlinks=True)

    def restore(self, name):
        self.clear()
        shutil.copytree(f"{self._saved}/{name}", self.path, symlinks=True, dirs_exist_ok=True)

    def clear(self):
        if not os.path.ismount(self.path):
            shutil.rmtree(self.path, ignore_errors=True)
            return
        for name in set(os.listdir(self.path)) - {"lost+found"}:
            shutil.rmtree(f"{self.path}/{name}")

    def do(self, words):
        """Not broken off; what it has said. An error where it fails."""
        done = subprocess.run([self.subject, self.path, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{' '.join(words)} ends with {done.returncode}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def link(self, name):
        try:
            return os.readlink(f"{self.releases}/{name}")
        except OSError:
            return None

    def precious_is_whole(self):
        with open(f"{self.path}/shared/precious", encoding="utf-8") as file:
            return file.read() == PRECIOUS
