"""Fixtures of the file transfer tests. A test module may override them."""

import pytest

from running import Server


@pytest.fixture
def directory(tmp_path, request):
    """A working directory. Its subdirectory `served` has the CONTENT of the test module as big.bin."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served/big.bin").write_bytes(request.module.CONTENT)
    return tmp_path


@pytest.fixture
def server(directory, request):
    """netlab ftp serve, with the SERVE_OPTIONS of the test module."""
    with Server("ftp", "serve", "served", *request.module.SERVE_OPTIONS, cwd=directory) as running:
        yield running
