"""A broker of Apache Kafka for tests and benchmarks: fetched by name through Maven, on loopback and free
ports, stopped by its own process id.

python -m tools.kafka            fetch the broker, run one and say its address, until Ctrl+C
python -m tools.kafka --fetch    fetch it alone
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.postgresql import free_port

VERSION = "4.4.0"
WAIT_SECONDS = 90
SMALL = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROJECT = f"""<project>
  <modelVersion>4.0.0</modelVersion><groupId>leadlight</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
  </dependency></dependencies>
</project>
"""
PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=1000
"""


def is_possible() -> bool:
    """Whether what fetches and runs a broker is installed."""
    return jars() is not None or (shutil.which("java") is not None and shutil.which("mvn") is not None)


def cache() -> Path:
    """Where the broker lies once it was fetched."""
    place = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(place) / "leadlight" / f"kafka-{VERSION}"


def jars() -> Path | None:
    """The folder of the broker, where it was fetched and there is a Java to run it."""
    return cache() if cache().is_dir() and shutil.which("java") else None


def fetch() -> Path:
    """Fetch the broker by its name; a folder that is there is whole, since it is renamed last."""
    if cache().is_dir():
        return cache()
    cache().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache().parent) as folder:
        project, found = Path(folder) / "pom.xml", Path(folder) / "jars"
        project.write_text(PROJECT, encoding="utf-8")
        command = ["mvn", "-q", "-B", "-f", str(project), "dependency:copy-dependencies"]
        subprocess.run([*command, f"-DoutputDirectory={found}"], check=True, stdout=sys.stderr)
        if not cache().is_dir():
            found.rename(cache())
    return cache()


@dataclass
class Broker:
    """One broker with a folder of its own; it comes up again on the same ports with what it kept."""

    folder: Path
    port: int = field(default_factory=free_port)
    controller: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def format(self) -> None:
        """Make its folder ready, once."""
        text = PROPERTIES.format(port=self.port, controller=self.controller, folder=self.folder)
        self._settings.write_text(text, encoding="utf-8")
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        words = ("format", "--standalone", "-t", cluster, "-c", str(self._settings))
        subprocess.run(self._java("kafka.tools.StorageTool", *words), check=True, capture_output=True)

    def start(self) -> None:
        """Run it, and come back when it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._settings)), stdout=log, stderr=log, cwd=self.folder
            )
        until = time.monotonic() + WAIT_SECONDS
        while not self._answers():
            if time.monotonic() > until or self.process.poll() is not None:
                self.kill()
                raise RuntimeError(f"the broker did not come up: {self.folder / 'log'}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it in its own order."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """End it at once, as a failing machine would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        """Whether it tells a client of itself; a port that is open is not enough."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
            return bool(client.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _java(self, program: str, *words: str) -> list[str]:
        return ["java", *SMALL, "-cp", f"{fetch()}/*", program, *words]


@contextmanager
def running(folder: Path) -> Iterator[Broker]:
    """A fresh broker for as long as the block lasts."""
    broker = Broker(folder)
    broker.format()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def main(arguments: list[str]) -> int:
    fetch()
    if arguments == ["--fetch"]:
        return 0
    with tempfile.TemporaryDirectory(prefix="leadlight-kafka-") as folder, running(Path(folder)) as broker:
        print(broker.address, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
