"""A second host: a network namespace at the other end of a line, with commands that run there."""

import os
import subprocess

HERE, THERE = "10.77.0.1", "10.77.0.2"


def may_have_devices():
    """Root in a network namespace, for whoever runs this there (benchmark.py)."""
    return bool(os.environ.get("NETLAB_BENCHMARK_INSIDE")) and os.access("/dev/net/tun", os.R_OK | os.W_OK)


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, capture_output=True)


class FarEnd:
    """Devices near, here, and far, there: made by `devices`, which gets the process id of the other namespace and
    gives what is to be stopped at the end, or nothing."""

    def __init__(self, devices):
        self.devices = devices

    def __enter__(self):
        self.host = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep 100000"],
                                     stdout=subprocess.PIPE)
        self.host.stdout.readline()
        self.carrier = self.devices(self.host.pid)
        for command in (f"ip addr add {HERE}/24 dev near", "ip link set near up"):
            subprocess.run(command.split(), check=True)
        for command in (f"ip addr add {THERE}/24 dev far", "ip link set far up"):
            subprocess.run(self.there(*command.split()), check=True)
        return self

    def there(self, *words):
        """A command that runs at the far end."""
        return ["nsenter", f"--net=/proc/{self.host.pid}/ns/net", *map(str, words)]

    def congestion(self, name):
        """The congestion control of TCP for what is sent to the far end from here."""
        ip("route", "replace", "10.77.0.0/24", "dev", "near", "src", HERE, "congctl", name)

    def __exit__(self, *_):
        for process in (self.carrier, self.host):
            if process:
                process.kill()
                process.wait()
        subprocess.run(["ip", "link", "del", "near"], capture_output=True)


def tun(program, delay, loss, rate, queue):
    """Packets of 1500 bytes at most, by tun_link. Milliseconds, percent, Mbit/s, packets."""
    def make(host):
        link = subprocess.Popen([program, str(delay), str(loss), str(rate), str(queue)], stdout=subprocess.PIPE)
        if link.stdout.readline() != b"ready\n":
            raise RuntimeError("no TUN devices here")
        ip("link", "set", "far", "netns", host)
        return link
    return make


def bottleneck(rate, latency):
    """The kernel's own: a pair of devices, with a token bucket before what is sent from here (tc-tbf(8))."""
    def make(host):
        ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", host)
        subprocess.run(["tc", "qdisc", "add", "dev", "near", "root", "tbf", "rate", rate, "burst", "32k", "latency",
                        latency], check=True)
    return make
