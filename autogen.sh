#!/bin/sh
# autogen.sh - make ./configure from configure.ac (needed once, in a checkout)
#
# SPDX-License-Identifier: Apache-2.0
set -eu

cd "$(dirname "$0")"

command -v autoreconf >/dev/null || {
    echo "autogen.sh: autoreconf is missing: apt-get install autoconf automake" >&2
    exit 1
}
test -e "$(aclocal --print-ac-dir)/ax_append_compile_flags.m4" || {
    echo "autogen.sh: the macros of the Autoconf Archive are missing:" \
        "apt-get install autoconf-archive" >&2
    exit 1
}
exec autoreconf --install --force
