"""Runs a command under a seccomp filter that makes openat2(2) fail, as systemd's RestrictSUIDSGID= does:

    without_openat2.py ERRNO COMMAND..."""

import ctypes
import errno
import os
import struct
import sys

OPENAT2 = 437  # on every architecture: asm-generic/unistd.h
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38  # linux/prctl.h
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
FAIL, ALLOW = 0x00050000, 0x7FFF0000  # linux/seccomp.h


def rule(code, if_true, if_false, value):
    return struct.pack("HBBI", code, if_true, if_false, value)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_char_p)]


def main():
    failure = getattr(errno, sys.argv[1])
    rules = (rule(LOAD_WORD, 0, 0, 0)  # the number of the call
             + rule(JUMP_IF_EQUAL, 0, 1, OPENAT2) + rule(RETURN, 0, 0, FAIL | failure)
             + rule(RETURN, 0, 0, ALLOW))
    filter = Program(len(rules) // 8, rules)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter)):
        sys.exit("seccomp: " + os.strerror(ctypes.get_errno()))
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
