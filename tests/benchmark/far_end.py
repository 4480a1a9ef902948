"""A second host: a network namespace at the other end of a line, with commands that run there."""

import os
import subprocess
from pathlib import Path

HERE, THERE = "10.77.0.1", "10.77.0.2"
TCP = {"TCP bbr": "bbr", "TCP cubic": "cubic"}  # the congestion control of each


def may_have_devices():
    """Root in a network namespace, for whoever runs this there (benchmark.py)."""
    return bool(os.environ.get("NETLAB_BENCHMARK_INSIDE")) and os.access("/dev/net/tun", os.R_OK | os.W_OK)


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, capture_output=True)


def bring_up(ip, device, address):
    """`ip`: this host's, or another's."""
    ip("addr", "add", f"{address}/24", "dev", device)
    ip("link", "set", device, "up")


class Host:
    """A network namespace of its own, with commands that run there."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep 100000"],
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.pid = self.process.pid

    def there(self, *words):
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *map(str, words)]

    def ip(self, *words):
        subprocess.run(self.there("ip", *words), check=True, capture_output=True)

    def stop(self):
        self.process.kill()
        self.process.wait()


class FarEnd:
    """Devices near, here, and far, there: made by `devices`, which gets the process id of the other namespace and
    gives what is to be stopped at the end, or nothing."""

    def __init__(self, devices):
        self.devices = devices

    def __enter__(self):
        self.host = Host()
        self.there = self.host.there
        self.carrier = self.devices(self.host.pid)
        bring_up(ip, "near", HERE)
        bring_up(self.host.ip, "far", THERE)
        return self

    def congestion(self, name):
        """The congestion control of TCP for what is sent to the far end from here."""
        ip("route", "replace", "10.77.0.0/24", "dev", "near", "src", HERE, "congctl", name)

    def __exit__(self, *_):
        if self.carrier:
            self.carrier.kill()
            self.carrier.wait()
        self.host.stop()
        subprocess.run(["ip", "link", "del", "near"], capture_output=True)


class Bottleneck(FarEnd):
    """Two senders with lines of their own to a router, which is here, and from it one line to the far end, through a
    token bucket (tc-tbf(8)). The queue is no sender's own: TCP would keep out of that (tcp_limit_output_bytes)."""

    def __init__(self, devices, rate, latency):
        super().__init__(devices)
        self.bucket = ["tbf", "rate", rate, "burst", "32k", "latency", latency]

    def __enter__(self):
        super().__enter__()
        subprocess.run(["tc", "qdisc", "replace", "dev", "near", "root", *self.bucket], check=True)
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self.host.ip("route", "add", "default", "via", HERE)
        self.senders = [Sender(number) for number in range(2)]
        return self

    def __exit__(self, *_):
        for sender in self.senders:
            sender.stop()
        super().__exit__()


class Sender(Host):
    """One of a bottleneck's."""

    def __init__(self, number):
        super().__init__()
        router, self.address = f"10.78.{number}.1", f"10.78.{number}.2"
        ip("link", "add", f"side{number}", "type", "veth", "peer", "name", "out", "netns", self.pid)
        bring_up(ip, f"side{number}", router)
        bring_up(self.ip, "out", self.address)
        self.route = ["default", "via", router]

    def congestion(self, name):
        """The congestion control of TCP."""
        self.ip("route", "replace", *self.route, "congctl", name)


def tun(program, delay, loss, rate, queue):
    """Packets of 1500 bytes at most, by tun_link. Milliseconds, percent, Mbit/s, packets."""
    def make(host):
        link = subprocess.Popen([program, str(delay), str(loss), str(rate), str(queue)], stdout=subprocess.PIPE)
        if link.stdout.readline() != b"ready\n":
            raise RuntimeError("no TUN devices here")
        ip("link", "set", "far", "netns", host)
        return link
    return make


def veth(host):
    """Without any delay."""
    ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", host)
