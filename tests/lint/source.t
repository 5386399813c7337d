#!/bin/sh
# source.t - the quick rules about the source text, as tests (all: `make lint`)
#
# SPDX-License-Identifier: Apache-2.0
exec "$(dirname "$0")/run" layers lengths headers tests-exist cleanups schema settings refusals
