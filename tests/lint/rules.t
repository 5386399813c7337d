#!/usr/bin/env bash
# rules.t - each step of lint finds what it is there to find
#
# A small tree that is right passes every step; then one thing is made wrong at a
# time, and the step must name the file.
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")" || exit 1
lint=$PWD
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
export TEQUIO_SOURCE=$tree TEQUIO_BUILD=$tree

make_tree() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{base,proto/wire,accounting,scheduler/core,agent,client,docs/man} \
        "$tree"/tests/{lint,unit/base,unit/scheduler}
    cp "$lint/layers.rules" "$tree/tests/lint/"
    cp "$lint/../../.clang-format" "$tree/"
    echo '/* nothing is banned here */' >"$tree/base/banned.h"
    printf '#include <stdint.h>\n\nuint32_t one(void);\n' >"$tree/base/error.h"
    printf '#include "base/error.h"\n\nuint32_t one(void)\n{\n    return 1;\n}\n' >"$tree/base/error.c"
    echo >"$tree/tests/unit/base/test_error.c"
    for letter in a b c d e f g h i j; do
        printf 'message M%s {\n  uint32 n = 1;\n}\n' "$letter"
    done >"$tree/proto/wire/wire.proto"
    mkdir -p "$tree/client"
    printf '#!/bin/sh\nprintf "cancel\\t-q\\t--quiet\\t\\ncancel\\t\\t--reason\\tTEXT\\n"\n' \
        >"$tree/client/tequio"
    chmod +x "$tree/client/tequio"
    printf '# OPTIONS\n\n*-q*, *--quiet*\n\tQuiet.\n\n*--reason* _TEXT_\n\tWhy.\n' \
        >"$tree/docs/man/tequio-cancel.1.scd"
    printf 'cfg_opt_t a = CFG_SIMPLE_STR("server", &s);\nstruct row b = {"time-out", offsetof(struct s, t)};\n' \
        >"$tree/client/settings.c"
    printf '# SETTINGS\n\n*server* = "_NAME_"\n\tWho; *time-out* says how long.\n' \
        >"$tree/docs/man/tequio-client.conf.5.scd"
}

number=0
report() { # HOLDS TEXT
    number=$((number + 1))
    if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; fi
}

passes() {
    "$lint/$1" >"$tree/out" 2>&1
    report $? "$1 has nothing against a tree that is right"
}

finds() { # STEP WORDS TEXT
    "$lint/$1" >"$tree/out" 2>&1
    local status=$?
    [ $status = 1 ] || [ $status = 123 ] && grep -qF -- "$2" "$tree/out"
    report $? "$1 finds $3"
    sed 's/^/# /' "$tree/out"
    make_tree
}

make_tree
steps="layers headers tests-exist cleanups schema manual settings refusals"
command -v ctags >/dev/null && steps="$steps lengths"
for step in $steps; do
    passes "$step"
done

printf '#include "scheduler/core.h"\n' >>"$tree/base/error.c"
finds layers "base/error.c:7: base/* may not include scheduler/core.h" "an include upwards"

printf '#include "base/clock.h"\n' >"$tree/scheduler/core/job.c"
finds layers "may not include base/clock.h" "a clock in a core"

printf '#include <zmq.h>\n' >"$tree/client/session.c"
finds layers "<zmq.h> belongs to" "a library in a file that is not its own"

mkdir -p "$tree/client/extra"
printf 'uint32_t two(void);\n' >"$tree/client/extra/two.h"
finds headers "two.h" "a header that needs another one"

printf 'int two(void);\n' >"$tree/base/two.c"
finds tests-exist "base/two.c: no tests/unit/base/test_two.c" "a file without a test"

printf 'int two(void);\n' >"$tree/base/error_two.c"
passes tests-exist
make_tree

cat >"$tree/agent/early.c" <<'END'
static int early(int level)
{
    CLEANUP(buffer_clear) struct buffer line, other;

    buffer_init(&other);
    if (level > 3)
        return 0;
    buffer_init(&line);
    return 1;
}
END
finds cleanups "agent/early.c:3: line has no value yet when line 7 returns" "an early return"

printf 'message Ma {\n  Mb b = 1;\n}\nmessage Mb {\n  repeated Mc c = 2;\n}\nmessage Mc {\n  oneof x {\n    Ma a = 3;\n  }\n}\n' \
    >>"$tree/proto/wire/wire.proto"
finds schema "a message contains itself" "a circle of three messages"

printf '# OPTIONS\n\n*-q*, *--quiet*\n\tQuiet.\n' >"$tree/docs/man/tequio-cancel.1.scd"
finds manual "says nothing of --reason" "an option that the manual leaves out"

printf '# OPTIONS\n\n*-q*, *--quiet*\n\n*--reason*\n\n*-x*, *--xray*\n' \
    >"$tree/docs/man/tequio-cancel.1.scd"
finds manual "tells of -x --xray" "an option that only the manual knows"

rm "$tree/docs/man/tequio-cancel.1.scd"
finds manual "tequio cancel: no docs/man/tequio-cancel.1.scd" "a missing page"

echo 'CFG_INT("hearing", 0, CFGF_NONE),' >>"$tree/client/settings.c"
finds settings "tequio-client.conf.5.scd: says nothing of hearing" "a setting that the manual leaves out"

printf '\n*smell*, *server* = _WORD_\n\tQuiet.\n' >>"$tree/docs/man/tequio-client.conf.5.scd"
finds settings "tells of smell, which is no setting" "a setting that only the manual knows"

rm "$tree/docs/man/tequio-client.conf.5.scd"
finds settings "docs/man/tequio-client.conf.5.scd: is missing" "settings without a page"

printf 'const char *const refusals[] = {N_("no job %%s"), N_("no "\n "such %%s")};\n' >"$tree/client/refusal.c"
printf 'fail(err, ERROR_NOT_FOUND, "no job %%" PRIu64, id);\n' >"$tree/scheduler/core/job.c"
finds refusals 'nobody says "no such %s"' "a template that nobody says"

printf '| case | then | shown by |\n|---|---|---|\n| a | b | `lint/layers.rules: who may include whom` |\n| c | d | needs e |\n' \
    >"$tree/docs/bad-inputs.md"
passes bad-inputs
printf '| a | b | `lint/layers.rules: no such words` |\n' >>"$tree/docs/bad-inputs.md"
finds bad-inputs 'has no test "no such words"' "a test that is not there"
printf '| a | b | nothing |\n' >"$tree/docs/bad-inputs.md"
finds bad-inputs "says of no test" "a case without a test"

printf '| word | meaning | home |\n|---|---|---|\n| **error** | it went wrong | `base/error.h`, `*/core/` |\n' \
    >"$tree/docs/glossary.md"
passes glossary
printf '| **lost** | gone | `base/lost.h` |\n' >>"$tree/docs/glossary.md"
finds glossary "there is no base/lost.h" "a home that is not there"
printf '| **error** | a | `base/` |\n| **error** | b | `base/` |\n' >"$tree/docs/glossary.md"
finds glossary "twice, or out of order: error" "a word that stands twice"

if command -v ctags >/dev/null; then
    { printf 'int long_one(void)\n{\n'; yes '    two();' | head -n 60; printf '}\n'; } \
        >"$tree/base/error.c"
    finds lengths "long_one() has" "a long function"

    yes 'int two(void);' | head -n 501 >"$tree/base/error.h"
    finds lengths "base/error.h: 501 lines" "a long file"
fi

if command -v clang-format >/dev/null; then
    passes format
    printf 'int  two( void );\n' >"$tree/base/error.h"
    finds format "base/error.h:1" "a file that is not formatted"
fi

echo "1..$number"
