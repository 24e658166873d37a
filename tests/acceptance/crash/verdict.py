"""What must hold after a crash, and once everything has been started again."""

import json
import os

import check_releases


class Broken(Exception):
    """Something does not hold; what, one sentence each."""


def judge_crash(place, job, said, cut=False):
    _expect(_of_the_tree(place, recovered=False, cut=cut, fresh=job.fresh) + _of_the_job(place, job, said, job.fresh),
            "after the crash")


def recover(place, job, said, cut=False):
    place.do(["recover"])
    _expect(_of_the_tree(place, recovered=True, cut=cut) + _of_the_job(place, job, said), "after recovery")


def go_on(place, job):
    """The same is deployed again, and the release before can be gone back to."""
    place.do(["judge", "healthy", *job.again, "judge", "healthy"])
    wanted = job.ids[os.path.basename(job.again[-1]).split(".")[0].split("-")[0]]
    if place.link("current") != wanted:
        raise Broken(f"deployed again: {place.link('current')} serves, not {wanted}")
    _expect(_of_the_tree(place, recovered=True), "deployed again")
    previous = place.link("previous")
    place.do(["roll-back", "previous", "judge", "healthy"])
    if place.link("current") != previous:
        raise Broken(f"gone back: {place.link('current')} serves, not {previous}")
    _expect(_of_the_tree(place, recovered=True), "gone back")


def _of_the_tree(place, **how):
    found = check_releases.check(place.releases, **how)
    if not place.precious_is_whole():
        found.append("shared: what the app has written is not what it was")
    return found


def _of_the_job(place, job, said, fresh=False):
    current = place.link("current")
    found = []
    deploy = ""
    if current not in job.serves and not (fresh and current is None and "switched" not in said):
        found.append(f"serves: {current}, which is none of {job.serves}")
    for line in said.splitlines():
        found += _of_what_was_said(place, job, line.split(), current)
        if line.startswith("accepted"):
            deploy = line.split()[1]
        if line == "switched" and not any(_is_noted(place, "deploy", deploy, event) for event in ("switched", "rolled-back")):
            found.append(f"acknowledged: deploy {deploy} has switched, and the journal does not know")
    return found


def _of_what_was_said(place, job, words, current):
    """What was acknowledged stays."""
    if words[0] == "switched" and current != job.serves[-1]:
        return [f"acknowledged: {job.serves[-1]} was switched to, and {current} serves"]
    if words[:3] == ["went", "back", "to"] and words[3] != current:
        return [f"acknowledged: it went back to {words[3]}, and {current} serves"]
    if words[0] == "healthy" and not _is_noted(place, "release", words[1], "healthy"):
        return [f"acknowledged: {words[1]} was found healthy, and the journal does not know"]
    if words[0] == "accepted" and not _is_noted(place, "deploy", words[1]):
        return [f"acknowledged: deploy {words[1]} was accepted, and the journal does not know"]
    if words[0] == "compacted" and not _is_noted(place, "event", "compacted"):
        return ["acknowledged: the journal was made short, and it is not"]
    return []


def _is_noted(place, key, value, event=""):
    for line in check_releases.read(f"{place.releases}/releases.log").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if event in ("", entry.get("event")) and entry.get(key) == value:
            return True
    return False


def _expect(found, when):
    if found:
        raise Broken(when + ": " + "; ".join(found))
