# SPDX-License-Identifier: Apache-2.0
"""The constructs of the language, each with its truth: doc/events.md is made of them."""

from constructs import calls, classes, errors, generators, machinery

CONSTRUCTS = [*calls.CONSTRUCTS, *classes.CONSTRUCTS, *generators.CONSTRUCTS, *errors.CONSTRUCTS,
              *machinery.CONSTRUCTS]
