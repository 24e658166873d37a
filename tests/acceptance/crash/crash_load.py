"""Random kills of the real parts under load: crash_load.py BIN [--full] [--kills N]

server-runner and hello run from BIN, `ops deploy quick` sends one version after the other, and at a random moment of each
the supervisor, the app, the build or all of them get SIGKILL. Meanwhile one process reads `current` without a pause and
one sends requests. After each kill what was told as deployed serves, or the version before; the releases are whole; and
the same version deployed again is served. OPS_SEED repeats a run."""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import check_releases

BRIEF, FULL = 12, 1000
PASSWORD = "a password for tests only"
LONGEST_WAIT = 60.0
LONGEST_DELAY = 0.5  # s, about what a deploy takes here
# Long enough to be hit, with a file that shows whether it is whole.
BUILD = "cp message.txt built.txt && sleep 0.1 && echo built"


class Broken(Exception):
    pass


def await_(what, done):
    """Looks until it is so: nothing tells when another process has got there."""
    end = time.monotonic() + LONGEST_WAIT
    while True:
        found = done()
        if found:
            return found
        if time.monotonic() > end:
            raise Broken(f"{what} did not come about in {LONGEST_WAIT:.0f} s")
        time.sleep(0.005)


def children(parent):
    found = []
    for task in os.listdir(f"/proc/{parent}/task"):
        try:
            with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as file:
                found += [int(pid) for pid in file.read().split()]
        except OSError:
            pass
    return found


def descendants(parent):
    try:
        own = children(parent)
    except OSError:
        own = []
    return own + [deeper for child in own for deeper in descendants(child)]


class Server:
    def __init__(self, root, programs):
        self.root, self.programs, self.process = root, programs, None
        self.releases = f"{root}/releases"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = dict(os.environ, HELLO_DEPLOYBOT_PWD=PASSWORD, XDG_CACHE_HOME=f"{root}/cache")
        write(f"{root}/image/message.txt", "version 0\n")
        write(f"{root}/project/ops.json", json.dumps({"name": "hello", "url": f"http://127.0.0.1:{self.port}", "root": ".",
                                                      "user": "deploybot"}))

    def start(self):
        command = [f"{self.programs}/server-runner", "--listen", f"127.0.0.1:{self.port}", "--releases", self.releases,
                   "--image", f"{self.root}/image", "--ready", "notify", "--stop-timeout", "5", f"{self.programs}/hello",
                   "--build", BUILD]
        with open(f"{self.root}/server.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, start_new_session=True)
        await_("an answer", self.served)

    def served(self):
        """The body that the app answers with; None where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except OSError:
            return None
        except http.client.HTTPException:
            return None
        finally:
            connection.close()

    def kill(self, chance):
        """What a container's end does to all, or an accident to one. Whoever outlives the supervisor ends by itself.
        Everybody there was, and who was hit."""
        everybody = [self.process.pid, *descendants(self.process.pid)]
        victims = {"supervisor": everybody[:1], "app": everybody[1:2], "build": everybody[2:], "all": everybody}
        target = chance.choice([name for name, pids in victims.items() if pids])
        for pid in victims[target]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        # What is killed may look alive, and answer, for a moment.
        await_("the victims' end", lambda: self.process.poll() is not None if self.process.pid in victims[target]
               else not any(os.path.exists(f"/proc/{pid}") for pid in victims[target]))
        return everybody, target

    def start_again_where_it_ended(self, everybody):
        await_("a decision of the supervisor", lambda: self.process.poll() is not None or self.settled())
        if self.process.poll() is None:
            return
        await_("the end of everybody", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in everybody))
        self.start()

    def settled(self):
        """Whether what serves has been judged, and answers."""
        journal = check_releases.Journal(check_releases.read(f"{self.releases}/releases.log"))
        current = os.readlink(f"{self.releases}/current")
        judged = journal.awaiting is None and journal.standing.get(current) == "healthy"
        return judged and self.served()

    def deploy(self):
        return subprocess.Popen([f"{self.programs}/ops", "deploy", "quick", "--force"], cwd=f"{self.root}/project",
                                env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Beside:
    """A process that does one thing again and again until it is told to end; what it counted."""

    def __init__(self, step):
        self._counts = multiprocessing.Array("q", 3)
        self._wrong = multiprocessing.Array("c", 500)
        self._goes_on = multiprocessing.Value("b", 1)
        self._process = multiprocessing.Process(target=self._run, args=(step,))
        self._process.start()

    def _run(self, step):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.nice(10)
        while self._goes_on.value:
            wrong = step(self._counts)
            if wrong and not self._wrong.value:
                self._wrong.value = wrong.encode()[:499]

    def end(self):
        self._goes_on.value = 0
        self._process.join()
        return list(self._counts), self._wrong.value.decode()


def read_current(releases):
    """All files through one opened directory, as an app has it: they are of one version, and never missing."""
    def step(counts):
        counts[0] += 1
        try:
            root = os.open(f"{releases}/current", os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            counts[1] += 1
            return f"`current` could not be opened: {error.strerror}"
        try:
            if os.readlink(f"{releases}/current") == "image":
                return ""
            texts = [read_at(root, name) for name in ("message.txt", "built.txt", "zzz/last.txt")]
            if len(set(texts)) == 1:
                return ""
            if not os.path.samestat(os.fstat(root), os.stat(f"{releases}/current")):
                return ""  # it was switched, and may have been removed since
            counts[1] += 1
            return f"a release holds {texts}"
        finally:
            os.close(root)
    return step


def read_at(root, name):
    try:
        fd = os.open(name, os.O_RDONLY, dir_fd=root)
    except OSError as error:
        return error.strerror
    try:
        return os.read(fd, 100).decode()
    finally:
        os.close(fd)


def ask(port):
    """Every answer that comes is a whole one of one version. Nobody may answer while all are dead."""
    def step(counts):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            body = answer.read().decode()
            counts[0] += 1
            if answer.status != 200 or not body.startswith("version ") or not body.endswith("\n"):
                counts[1] += 1
                return f"an answer is {answer.status} {body!r}"
        except (OSError, http.client.HTTPException):
            counts[2] += 1
            time.sleep(0.002)
        finally:
            connection.close()
        return ""
    return step


class Trial:
    def __init__(self, server, chance):
        self.server, self.chance, self.serving = server, chance, "version 0\n"
        self.kills, self.acknowledged, self.went_through = {}, 0, 0

    def edit(self, version):
        for name in ("message.txt", "zzz/last.txt"):
            write(f"{self.server.root}/project/{name}", version)

    def one(self, number):
        version = f"version {number}\n"
        self.edit(version)
        deploy = self.server.deploy()
        try:
            deploy.wait(self.chance.uniform(0, LONGEST_DELAY))
        except subprocess.TimeoutExpired:
            pass
        everybody, target = self.server.kill(self.chance)
        self.kills[target] = self.kills.get(target, 0) + 1
        self.server.start_again_where_it_ended(everybody)
        said = self._end_of(deploy)
        served = await_("a release that is judged", self.server.settled)
        self._judge(version, served, deploy.returncode, said)
        if served != version:
            self._again(version)
        self.serving = version

    def _judge(self, version, served, status, said):
        if served not in (self.serving, version):
            raise Broken(f"{served!r} serves, neither {self.serving!r} nor {version!r}")
        if status == 0:
            self.acknowledged += 1
            if served != version:
                raise Broken(f"{version!r} was told as deployed, and {served!r} serves: {said}")
        self._check()

    @staticmethod
    def _end_of(deploy):
        try:
            return deploy.communicate(timeout=LONGEST_WAIT)[0]
        except subprocess.TimeoutExpired:
            deploy.kill()
            raise Broken(f"ops deploy has no end in {LONGEST_WAIT:.0f} s: {deploy.communicate()[0]}") from None

    def _again(self, version):
        deploy = self.server.deploy()
        said = self._end_of(deploy)
        if deploy.returncode != 0 or self.server.served() != version:
            raise Broken(f"{version!r} deployed again: {deploy.returncode}, {said}")
        self.went_through += 1
        self._check()

    # What was removed is swept away in the background.
    def _check(self):
        await_("the sweeping", lambda: not os.listdir(f"{self.server.releases}/staging"))
        found = check_releases.check(self.server.releases, recovered=True)
        if found:
            raise Broken("; ".join(found))


def attack(server, times, seed):
    server.start()
    reader, client = Beside(read_current(server.releases)), Beside(ask(server.port))
    trial, wrong = Trial(server, random.Random(seed)), ""
    began = time.monotonic()
    try:
        for number in range(1, times + 1):
            trial.one(number)
    except Broken as broken:
        wrong = f"kill {number}: {broken}"
    finally:
        (reads, misses, _), missed = reader.end()
        (answers, strange, unanswered), odd = client.end()
        server.stop()
    print(f"load: {sum(trial.kills.values())} kills {trial.kills}, {trial.acknowledged} deploys told as done all the same, "
          f"{trial.went_through} deployed again; {reads} reads of current, {misses} misses; {answers} answers, {strange} "
          f"strange, {unanswered} times nobody answered; {time.monotonic() - began:.1f} s, seed {seed}")
    return [text for text in (wrong, missed, odd) if text]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("programs")
    arguments.add_argument("--full", action="store_true", default=os.environ.get("OPS_SOAK") == "full")
    arguments.add_argument("--kills", type=int, default=0)
    asked = arguments.parse_args()
    root = tempfile.mkdtemp(prefix="ops-crash-")
    server = Server(root, os.path.abspath(asked.programs))
    seed = int(os.environ.get("OPS_SEED", "1" if not asked.full else str(int(time.time()))))
    try:
        found = attack(server, asked.kills or (FULL if asked.full else BRIEF), seed)
        if found:
            print("\n".join(found))
            with open(f"{root}/server.log", encoding="utf-8", errors="replace") as log:
                print("".join(log.readlines()[-40:]))
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
