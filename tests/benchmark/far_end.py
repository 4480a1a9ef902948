"""A second host: a network namespace at the other end of a line, in which commands can run."""

import os
import subprocess
from pathlib import Path

HERE, THERE = "10.77.0.1", "10.77.0.2"
TCP = {"TCP bbr": "bbr", "TCP cubic": "cubic"}  # name of the kernel's congestion control


def may_have_devices():
    """Whether benchmark.py has restarted in a network namespace and may create devices there."""
    return bool(os.environ.get("NETLAB_BENCHMARK_INSIDE")) and os.access("/dev/net/tun", os.R_OK | os.W_OK)


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, capture_output=True)


def bring_up(ip, device, address):
    """`ip` is this host's ip() or the one of a Host."""
    ip("addr", "add", f"{address}/24", "dev", device)
    ip("link", "set", device, "up")


class Host:
    """A separate network namespace."""

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
    """A line with the device `near` here and `far` in the other namespace. `devices` creates both; it gets the
    process ID of the other namespace and returns a process to be stopped at the end, or None."""

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
        """Sets the TCP congestion control of traffic from here to the far end."""
        ip("route", "replace", "10.77.0.0/24", "dev", "near", "src", HERE, "congctl", name)

    def __exit__(self, *_):
        if self.carrier:
            self.carrier.kill()
            self.carrier.wait()
        self.host.stop()
        subprocess.run(["ip", "link", "del", "near"], capture_output=True)


class Bottleneck(FarEnd):
    """Two senders with separate lines to a router, which is here, and one line from it to the far end, through a
    token bucket (tc-tbf(8)). The queue is not in a sender, where TCP would keep it short
    (tcp_limit_output_bytes)."""

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
    """One sender of a Bottleneck."""

    def __init__(self, number):
        super().__init__()
        router, self.address = f"10.78.{number}.1", f"10.78.{number}.2"
        ip("link", "add", f"side{number}", "type", "veth", "peer", "name", "out", "netns", self.pid)
        bring_up(ip, f"side{number}", router)
        bring_up(self.ip, "out", self.address)
        self.route = ["default", "via", router]

    def congestion(self, name):
        """Sets the TCP congestion control."""
        self.ip("route", "replace", *self.route, "congctl", name)


def tun(program, delay, loss, rate, queue):
    """A line of tun_link, for packets of at most 1500 bytes. Units: ms, percent, Mbit/s, packets."""
    def make(host):
        link = subprocess.Popen([program, str(delay), str(loss), str(rate), str(queue)], stdout=subprocess.PIPE)
        if link.stdout.readline() != b"ready\n":
            raise RuntimeError("no TUN devices here")
        ip("link", "set", "far", "netns", host)
        return link
    return make


def veth(host):
    """A line without delay."""
    ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", host)
