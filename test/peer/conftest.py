# SPDX-License-Identifier: Apache-2.0
"""Dumps, as test/dumps makes them."""

from dumps.conftest import dump_tool, dumps_of  # noqa: F401
