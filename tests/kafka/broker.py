#!/usr/bin/env python3
"""Runs a command beside a Kafka broker of its own, which is there as long as the command is.

    broker.py [--brokers N] [--slower-start] [--restart] [--set name=value] command …

A command that is a Python file is run by this Python.

The command finds the brokers' addresses, `host:port,…`, in SLUICE_KAFKA_BROKERS, and their processes, `pid,…`, in
SLUICE_KAFKA_PIDS, and that of broker n also in the file n/pid of SLUICE_KAFKA_FOLDER. They listen on 127.0.0.1 alone, on ports that are free, keep their data in a directory of this run, and end with
it, also where it is killed. The exit code is the command's; 77, and one line that says why, where there can be no broker: it takes
Java and Maven, which downloads what a broker consists of once (pom.xml), into $KAFKA_CACHE, else $XDG_CACHE_HOME/sluice/kafka, else
~/.cache/sluice/kafka.

--slower-start: the broker is compiled in full by the JVM, as a benchmark wants it.
--restart: a broker that is killed is started again, with its data.
--set: a setting of all brokers more.
"""

import base64
import ctypes
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE = 240  # seconds, of a start on the slowest machine, and for what hangs
UNABLE = 77  # Meson's word for a test that was left out


class Unable(Exception):
    """There can be no broker here."""


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("KAFKA_CACHE") or Path(base) / "sluice/kafka")


def fetch():
    """The directory of the jars: complete where it has this very pom.xml, which is copied last."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    pom = HERE / "pom.xml"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others wait, and find it done
        if (folder / "pom.xml").is_file() and (folder / "pom.xml").read_bytes() == pom.read_bytes():
            return folder
        if shutil.which("mvn") is None:
            raise Unable("there is no Maven (mvn) to download the broker with")
        for jar in folder.glob("*.jar"):
            jar.unlink()
        command = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise Unable(f"Maven could not download the broker: {said[0] if said else 'no word'}")
        shutil.copyfile(pom, folder / "pom.xml")
    return folder


def free_ports(count):
    """Below the range that the kernel gives to outgoing connections."""
    held = []
    while len(held) < count:
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", random.randrange(20000, 32000)))
            held.append(one)
        except OSError:
            one.close()
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def settings(number, ports, voters, count, folder):
    replicas = min(count, 3)
    in_sync = max(replicas - 1, 1)
    return f"""node.id={number}
process.roles=broker,controller
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{ports[0]},CONTROLLER://127.0.0.1:{ports[1]}
advertised.listeners=PLAINTEXT://127.0.0.1:{ports[0]}
log.dirs={folder}/data
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=200
log.retention.check.interval.ms=500
log.cleaner.backoff.ms=200
"""


def identifier():
    """As Kafka writes a UUID."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def ends_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Broker:
    """One broker, and what it said."""

    def __init__(self, jars, folder, full_speed):
        self.again = lambda: Broker(jars, folder, full_speed)
        speed = [] if full_speed else ["-XX:TieredStopAtLevel=1"]
        command = ["java", "-Xms384m", "-Xmx384m", "-XX:+UseSerialGC", *speed, "-cp", f"{jars}/*",
                   "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
                   "kafka.Kafka", f"{folder}/server.properties"]
        self.said = []
        self.started = threading.Event()
        # pylint: disable=subprocess-popen-preexec-fn
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        start_new_session=True, preexec_fn=ends_with_parent)
        (folder / "new").write_text(str(self.process.pid), encoding="utf-8")
        (folder / "new").rename(folder / "pid")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.said.append(line)
            if "Kafka Server started" in line:
                self.started.set()
        self.started.set()  # or ended

    def await_start(self):
        if self.started.wait(PATIENCE) and self.process.poll() is None and any("Kafka Server started" in line for line in self.said):
            return
        raise RuntimeError("the broker did not start:\n" + "".join(self.said[-20:]))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(jars, count, folder, full_speed, more):
    """(addresses, brokers)."""
    ports = free_ports(2 * count)
    voters = ",".join(f"{number + 1}@127.0.0.1:{ports[2 * number + 1]}" for number in range(count))
    cluster = identifier()
    brokers = []
    try:
        for number in range(1, count + 1):
            home = folder / str(number)
            (home / "data").mkdir(parents=True)
            own = ports[2 * number - 2:2 * number]
            (home / "server.properties").write_text(settings(number, own, voters, count, home) + more, encoding="utf-8")
            # What `kafka-storage format` writes, without a JVM.
            (home / "data/meta.properties").write_text(f"version=1\ncluster.id={cluster}\nnode.id={number}\ndirectory.id={identifier()}\n",
                                                       encoding="utf-8")
            brokers.append(Broker(jars, home, full_speed))
        for broker in brokers:
            broker.await_start()
    except BaseException:
        stop(brokers)
        raise
    return ",".join(f"127.0.0.1:{port}" for port in ports[::2]), brokers


def start_again(brokers, ended):
    """Those that are killed, until it has ended."""
    while not ended.wait(0.1):
        for i, broker in enumerate(brokers):
            if broker.process.poll() is not None:
                brokers[i] = broker.again()


def stop(brokers):
    for broker in brokers:
        broker.process.terminate()
    for broker in brokers:
        broker.stop()


def main():
    arguments = sys.argv[1:]
    count, full_speed, restarts, more = 1, False, False, ""
    while arguments and arguments[0].startswith("--"):
        option = arguments.pop(0)
        if option == "--brokers":
            count = int(arguments.pop(0))
        elif option == "--slower-start":
            full_speed = True
        elif option == "--restart":
            restarts = True
        elif option == "--set":
            more += arguments.pop(0) + "\n"
        else:
            sys.exit(__doc__)
    if not arguments:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is under way is undone
    try:
        if shutil.which("java") is None:
            raise Unable("there is no Java (java) to run it")
        jars = fetch()
    except Unable as why:
        print(f"no Kafka broker: {why}", flush=True)
        return UNABLE
    folder = Path(tempfile.mkdtemp(prefix="sluice-kafka-"))
    brokers = []
    ended = threading.Event()
    watch = threading.Thread(target=start_again, args=(brokers, ended))
    try:
        addresses, started = start(jars, count, folder, full_speed, more)
        brokers += started
        if restarts:
            watch.start()
        if arguments[0].endswith(".py"):
            arguments.insert(0, sys.executable)
        known = {"SLUICE_KAFKA_BROKERS": addresses, "SLUICE_KAFKA_PIDS": ",".join(str(broker.process.pid) for broker in brokers),
                 "SLUICE_KAFKA_FOLDER": str(folder)}
        code = subprocess.run(arguments, env={**os.environ, **known}, check=False).returncode
        if code != 0:
            print("".join(line for broker in brokers for line in broker.said[-20:]), flush=True)
        return code if code >= 0 else 128 - code
    finally:
        ended.set()
        if watch.is_alive():
            watch.join()
        stop(brokers)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
