"""Breaks a deploy off at every instant: crash_rig.py SUBJECT METHOD [--full] [--only JOB]

kill  kill -9 before the calls that change anything: all of a deploy's, every third of the other jobs'; with --full
      before all, and again at each such call of the recovery
fail  a call on files fails: each of a deploy's and every 18th of the other jobs', with one of five errors in turn;
      with --full each, with each of them
cut   the power is cut before the calls that change anything: all of a deploy's, every eighth of the other jobs';
      with --full before all
sync  each fsync and syncfs is left out, and a power cut must show it
room, inodes  the disk is full but for 0, 4096, 8192… bytes (0, 1, 2… inodes), until the job finds it enough

After each: the old or the new release, whole; then a start that recovers; then the same deploy again, and back.
Ends with 77 and one line that says why where this cannot be done here."""

import argparse
import errno
import os
import shutil
import sys
import tempfile
import time

import gate
import jobs
import power
import verdict
from calls import SYNCS

ERRORS = [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EDQUOT, errno.ENOMEM]
MOST_CALLS = 3000
MOST_FOUND = 20
SKIPPED = 77

# Syncs that no cut can show, and why they stay. A cut that shows one all the same makes the list wrong, and is told.
LATER = "ext4 has one log: the next sync writes this, too (a line's as well, since a ftruncate comes before it); " \
        "another file system need not, and then a line could tell what is not so"
AGAIN = "nobody was told of it by then, and the next start does it again"
HISTORY = "who is refused knows it; the line is for the history alone"
UNSEEN = {
    "set-up": dict.fromkeys(range(1, 7), AGAIN),
    "deploy": dict.fromkeys([2, 4, 5], LATER),
    "offer": dict.fromkeys([2, 4, 5], LATER),
    "build": dict.fromkeys([2, 3, 5, 6], LATER),
    "old-again": dict.fromkeys([2, 4, 5], LATER),
    "refused": {1: HISTORY},
    "passed": {1: LATER, 2: LATER, 3: AGAIN},
    "failed": {1: LATER, 2: AGAIN},
    "roll-back": {1: LATER},
    "recover": dict.fromkeys([1, 2], AGAIN),
    "lost-switch": dict.fromkeys([1, 2, 3], AGAIN),
}


class Instant:
    """Lets a program run up to its N-th call of those that `chosen` likes, then does `act(said)` in its place."""

    def __init__(self, place, number, chosen, act):
        self._place, self._left, self._chosen, self._act = place.path, number, chosen, act
        self.call = None

    def __call__(self, call, said):
        if self.call is not None or not self._chosen(call):
            return gate.GO
        if not (call.is_answer() or call.concerns(self._place)):
            return gate.GO
        self._left -= 1
        if self._left > 0:
            return gate.GO
        self.call = call.said(self._place)
        return self._act(said)


def changes(call):
    return call.changes()


def on_files(call):
    return not call.is_answer()


class Method:
    """One way to break a job off. `attempt(job, number)` does it at one instant; `at` is the call there then, or None
    where the job was over before. What does not hold afterwards is thrown."""

    def __init__(self, root, place, full):
        self.root, self.place, self.full = root, place, full
        self.at = ""
        self.more = 0

    def run(self, words, decide):
        return gate.run([self.place.subject, self.place.path, *words], decide)

    def begin(self, job):
        if not self.place.is_saved(job.name):
            self.make(job)
            self.place.save(job.name)
        self.place.restore(job.name)

    def make(self, job):
        self.place.make(job.begin)
        if job.crash is None:
            return
        words, name, file = job.crash
        crash = Instant(self.place, 1, lambda call: call.name == name and os.path.basename(call.path).startswith(file),
                        lambda said: gate.KILL)
        self.run(words, crash)
        if crash.call is None:
            raise jobs.Failed(f"{job.name}: {' '.join(words)} makes no {name} of {file}")

    def numbers(self, job):
        return range(1, MOST_CALLS)


class Kill(Method):
    def numbers(self, job):
        return range(1, MOST_CALLS, 1 if self.full or job.name == "deploy" else 3)

    def attempt(self, job, number):
        self.begin(job)
        instant = Instant(self.place, number, changes, lambda said: gate.KILL)
        outcome = self.run(job.words, instant)
        self.at = instant.call
        check_end(job, outcome, instant.call)
        verdict.judge_crash(self.place, job, outcome.said)
        if self.full and instant.call:
            self.place.save("crashed")
        verdict.recover(self.place, job, outcome.said)
        verdict.go_on(self.place, job)
        if self.full and instant.call:
            self._kill_recovery(job, outcome.said)

    def _kill_recovery(self, job, said):
        before = self.at
        for number in range(1, MOST_CALLS):
            self.place.restore("crashed")
            instant = Instant(self.place, number, changes, lambda _: gate.KILL)
            self.run(["recover"], instant)
            if instant.call is None:
                return
            self.more += 1
            self.at = f"{before}, then {instant.call}"
            verdict.judge_crash(self.place, job, said)
            verdict.recover(self.place, job, said)


class Fail(Method):
    def numbers(self, job):
        if self.full:
            return range(1, MOST_CALLS * len(ERRORS))
        return range(1, MOST_CALLS, 1 if job.name == "deploy" else 18)

    def attempt(self, job, number):
        number, error = divmod(number - 1, len(ERRORS)) if self.full else (number - 1, (number - 1) % len(ERRORS))
        self.begin(job)
        answer = gate.Answer(ERRORS[error])
        instant = Instant(self.place, number + 1, on_files, lambda said: answer)
        outcome = self.run(job.words, instant)
        self.at = instant.call and f"{instant.call}: {errno.errorcode[ERRORS[error]]}"
        self._check_end(job, outcome, instant.call)
        tolerant = job.on_a_failing_disk()
        verdict.judge_crash(self.place, tolerant, outcome.said)
        verdict.recover(self.place, tolerant, outcome.said)
        verdict.go_on(self.place, job)

    def _check_end(self, job, outcome, call):
        if call is None:
            return check_end(job, outcome, call)
        if outcome.status == 0 and not outcome.lines("failed:"):
            return None
        if outcome.status != 1 or not any(outcome.lines("failed:")):
            raise verdict.Broken(f"ends with {outcome.status}, and says {outcome.said!r}")
        if not outcome.lines("switched") and job.words[0] != "judge" and self.place.link("current") != job.serves[0]:
            if not job.fresh:
                raise verdict.Broken(f"is told as failed, and {self.place.link('current')} serves")
        return None


class Cut(Method):
    """On a disk of its own."""

    def __init__(self, root, place, full):
        super().__init__(root, place, full)
        self.disk = power.Disk(root, place.path)

    def numbers(self, job):
        return range(1, MOST_CALLS, 1 if self.full or job.name == "deploy" else 8)

    def begin(self, job):
        self.disk.begin(job.name, lambda: self.make(job))

    def attempt(self, job, number):
        self.begin(job)
        try:
            instant = Instant(self.place, number, changes, self.cut)
            outcome = self.run(job.words, instant)
            self.at = instant.call
            self.judge(job, outcome, instant.call)
            verdict.go_on(self.place, job)
        finally:
            self.disk.close()

    def cut(self, _):
        self.disk.cut()
        return gate.KILL

    def judge(self, job, outcome, call):
        check_end(job, outcome, call)
        if call is None:
            self.disk.cut()
        self.disk.mount_again()
        verdict.judge_crash(self.place, job, outcome.said, cut=True)
        verdict.recover(self.place, job, outcome.said, cut=True)


class LeftOut:
    """The N-th sync is told as done, and the power is cut M changes later, or when all is over where M is 0."""

    def __init__(self, method, number, later):
        self._later = later
        self.sync = Instant(method.place, number, lambda call: call.name in SYNCS, lambda said: gate.Answer())
        self.cut = Instant(method.place, later, changes, method.cut)
        self.next_sync = False

    def __call__(self, call, said):
        if self.sync.call is None:
            return self.sync(call, said)
        if self._later == 0:
            return gate.GO
        decision = self.cut(call, said)
        if decision is gate.KILL:
            self.next_sync = call.name in SYNCS
        return decision


class Sync(Cut):
    """The rig itself is what is tried: whether it would see that a sync is missing."""

    def numbers(self, job):
        return range(1, MOST_CALLS)

    def attempt(self, job, number):
        self.at = None
        seen = self._seen(job, number)
        if self.at is None:
            return
        reason = UNSEEN.get(job.name, {}).get(number)
        if not seen and reason is None:
            raise verdict.Broken("it is left out, and no power cut shows it")
        if seen and reason is not None:
            raise verdict.Broken(f"it is listed as one that no cut shows, and this one does: {seen}")

    def _seen(self, job, number):
        """How, or nothing. Behind the next sync there is nothing more to see but at the end: ext4 has one log."""
        for later in range(MOST_CALLS):
            left_out = LeftOut(self, number, later)
            self.begin(job)
            try:
                outcome = self.run(job.words, left_out)
                self.at = left_out.sync.call
                if self.at is None or (later > 0 and left_out.cut.call is None):
                    return None
                self.more += 1
                self.judge(job, outcome, left_out.cut.call)
            except (verdict.Broken, jobs.Failed) as shown:
                return str(shown)
            finally:
                self.disk.close()
            if left_out.next_sync:
                return None
        return None


class Room(Cut):
    """The disk has room for so much more and no more, until a job finds it enough."""

    step = 4096

    def numbers(self, job):
        return range(1, MOST_CALLS, 1 if self.full or job.name != "compact" else 5)

    def attempt(self, job, number):
        self.begin(job)
        try:
            self.fill((number - 1) * self.step)
            outcome = self.run(job.words, lambda call, said: gate.GO)
            hindered = not outcome.lines("switched") and outcome.status != (1 if job.fails else 0)
            self.at = f"{(number - 1) * self.step} left" if hindered else None
            if outcome.status not in (0, 1) or (outcome.status == 1 and not any(outcome.lines("failed:"))):
                raise verdict.Broken(f"ends with {outcome.status}, and says {outcome.said!r}")
            verdict.judge_crash(self.place, job, outcome.said)
            self.run(["recover"], lambda call, said: gate.GO)  # what serves must be told on a full disk, too
            verdict.judge_crash(self.place, job, outcome.said)
            self.make_room()
            verdict.recover(self.place, job, outcome.said)
            verdict.go_on(self.place, job)
        finally:
            self.disk.close()

    def fill(self, left):
        with open(f"{self.place.path}/filler", "wb") as filler:
            for size in (4096, 1024, 256, 64, 16, 4, 1):
                self._fill_up(filler, size * 1024, left)

    @staticmethod
    def _fill_up(filler, size, left):
        """What the file's own tree takes is not known before."""
        while True:
            room = os.fstatvfs(filler.fileno())
            if room.f_bavail * room.f_frsize < left + size:
                return
            try:
                os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, size)
            except OSError:
                return

    def make_room(self):
        os.unlink(f"{self.place.path}/filler")


class Inodes(Room):
    """As Room, with files and directories in place of bytes."""

    step = 1

    def fill(self, left):
        os.mkdir(f"{self.place.path}/filler")
        made = 0
        try:
            while True:
                os.close(os.open(f"{self.place.path}/filler/{made}", os.O_CREAT | os.O_WRONLY))
                made += 1
        except OSError:
            for number in range(made - min(left, made), made):
                os.unlink(f"{self.place.path}/filler/{number}")

    def make_room(self):
        shutil.rmtree(f"{self.place.path}/filler")


METHODS = {"kill": Kill, "fail": Fail, "cut": Cut, "sync": Sync, "room": Room, "inodes": Inodes}
ON_A_DISK = ("cut", "sync", "room", "inodes")


def check_end(job, outcome, call):
    """A job that nobody has broken off ends as it should."""
    if call is None and outcome.status != (1 if job.fails else 0):
        raise verdict.Broken(f"ends with {outcome.status}, and says {outcome.said!r}")


def break_off(method, job):
    """What was found; prints a line."""
    began, count, found = time.monotonic(), 0, []
    method.more = 0
    for number in method.numbers(job):
        method.at = ""
        try:
            method.attempt(job, number)
        except (verdict.Broken, jobs.Failed) as wrong:
            found.append(f"{job.name}, instant {number} ({method.at}): {wrong}")
        if method.at is None or len(found) >= MOST_FOUND:
            break
        count += 1
    else:
        found.append(f"{job.name}: it has no end")
    more = f" and {method.more} more" if method.more else ""
    print(f"{type(method).__name__.lower()} {job.name}: {count} instants{more}, {len(found)} broken, "
          f"{time.monotonic() - began:.1f} s", flush=True)
    for wrong in found:
        print("  " + wrong, flush=True)
    return found


def missing(method):
    reason = gate.missing()
    return reason or (power.missing() if method in ON_A_DISK else "")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("subject")
    arguments.add_argument("method", choices=METHODS)
    arguments.add_argument("--full", action="store_true", default=os.environ.get("OPS_SOAK") == "full")
    arguments.add_argument("--only", default="")
    asked = arguments.parse_args()
    reason = missing(asked.method)
    if reason:
        print(f"crash {asked.method}: skipped: {reason}")
        return SKIPPED
    # In memory: what is killed has no disk to wait for.
    root = tempfile.mkdtemp(prefix="ops-crash-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        place = jobs.Place(root, os.path.abspath(asked.subject))
        jobs.write_inputs(f"{root}/inputs")
        method = METHODS[asked.method](root, place, asked.full)
        chosen = [job for job in jobs.all_jobs(f"{root}/inputs") if asked.only in ("", job.name)]
        found = [wrong for job in chosen for wrong in break_off(method, job)]
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
