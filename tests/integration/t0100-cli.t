#!/usr/bin/env bash
# What the command line does without any server
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Mistakes are told, help is there, output that cannot be written is noticed'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/lib/programs"
programs_find
PATH=$test_build/client:$PATH
mkdir home && chmod 0700 home
HOME=$PWD/home
TEQUIO_SERVER=ipc://$PWD/nobody.sock
export HOME TEQUIO_SERVER
unset XDG_CONFIG_HOME TEQUIO_ACCOUNTING TEQUIO_SERVER_KEY TEQUIO_KEY
printf '#!/bin/sh\necho\n' >job.sh

# refused TEXT COMMAND...: exit status 1, nothing on stdout, TEXT in one line on stderr
refused() {
    local text=$1
    shift
    test_expect_code 1 "$@" >out 2>err </dev/null &&
        test_must_be_empty out &&
        test "$(wc -l <err)" = 1 &&
        grep -qF -- "$text" err || { cat err; return 1; }
}

test_must_be_empty() {
    test ! -s "$1"
}

test_expect_success 'no arguments' '
    refused "no command given; \`tequio help\` lists them" tequio
'

test_expect_success 'unknown commands and options name the nearest' '
    refused "did you mean \`tequio submit\`?" tequio xsubmit &&
    refused "did you mean --partition?" tequio submit --partitoin=x job.sh &&
    refused "nearest is idle" tequio nodes --states=idlex &&
    refused "unknown option -Z" tequio submit -Z job.sh &&
    refused "unknown option --no-such-thing" tequio --no-such-thing &&
    refused "may be --ntasks" tequio submit --nt=4 job.sh
'

test_expect_success 'values that are missing, left over or not wanted' '
    refused "option --ntasks needs a value: N" tequio submit --ntasks &&
    refused "option --hold takes no value" tequio submit --hold=yes job.sh &&
    refused "left over" tequio queue 17 &&
    refused "no job given" tequio wait
'

test_expect_success 'every command has help, on stdout, without a server' '
    tequio help >commands &&
    names=$(sed -n "s/^  \([a-z][a-z]*\)  .*/\1/p" commands) &&
    test "$(wc -w <<<"$names")" -ge 25 &&
    for name in $names; do
        tequio help "$name" >helped 2>err && test_must_be_empty err &&
        grep -q "^Usage: tequio[ -]$name" helped &&
        tequio "$name" --help >asked && test_cmp helped asked || return 1
    done &&
    tequio admin user add --help | grep -q "^Usage: tequio admin user add" &&
    tequio help key token | grep -q "^Usage: tequio key token"
'

test_expect_success 'no line of help is wider than a terminal' '
    for name in $(sed -n "s/^  \([a-z][a-z]*\)  .*/\1/p" commands); do
        tequio help "$name"
    done >all && ! grep -nE "^.{81}" all && ! tequio help | grep -nE "^.{81}"
'

test_expect_success 'stdout that is full gives a failure, whatever is printed' '
    for command in help version "help submit" "completion bash" --version --dump-options; do
        test_expect_code 7 tequio $command >/dev/full 2>err && grep -q "standard output" err || return 1
    done
'

test_expect_success 'nor is it another program'"'"'s success' '
    programs_gather "$PWD/programs" &&
    rm programs/tequio-libvirt && # which the scheduler alone speaks with
    for program in programs/tequio-*; do
        for option in --version --help; do
            test_expect_code 7 "$program" $option >/dev/full 2>err &&
            grep -q "^${program#programs/}: standard output" err || { echo "$program $option"; return 1; }
        done
    done
'

test_expect_success 'stdout that is closed gives a failure' '
    test_expect_code 7 tequio version >&- 2>err && grep -q "standard output" err &&
    test_expect_code 7 tequio help >&-
'

test_expect_success 'a pipe that nobody reads gives a failure, without a word' '
    exec 9> >(exit 0) && wait $! &&
    { tequio completion bash >&9 2>err; test $? = 141; } && test_must_be_empty err &&
    (trap "" PIPE && test_expect_code 7 tequio completion bash >&9 2>err) && test_must_be_empty err &&
    exec 9>&-
'

test_expect_success 'stdin and stderr that are closed do no harm' '
    tequio version <&- 2>&- >out && test -s out &&
    test_expect_code 1 tequio submit 2>&- <&-
'

test_expect_success 'a script may be called -rf' '
    printf "#!/bin/sh\n" >./-rf &&
    refused "unknown option -r" tequio submit -rf &&
    refused "./-rf: nothing but comments" tequio submit ./-rf &&
    refused "rf: nothing but comments" tequio submit -- -rf
'

test_expect_success 'bytes that are not UTF-8 are named, and escaped' '
    refused "\\xff" tequio submit job.sh "$(printf "a\377")" &&
    refused "\\xe9" tequio submit --job-name "$(printf "caf\351")" job.sh &&
    refused "\\xff" tequio queue --states "$(printf "\377")" &&
    refused "\\xff" tequio "$(printf "\377")"
'

test_expect_success 'what a terminal would obey is escaped' '
    refused "\\x1b[31m" tequio "$(printf "\033[31mred")" &&
    refused "\\u{202e}" tequio queue --format "$(printf "j\342\200\256x")" &&
    refused "\\u{200b}" tequio wait "$(printf "1\342\200\213")" &&
    ! tequio submit "$(printf "no\nsuch\033file")" 2>err && test "$(wc -l <err)" = 1
'

test_expect_success 'only spaces' '
    refused "unknown command" tequio " " &&
    refused "not a job id" tequio wait " " &&
    refused "not a whole number" tequio submit -n " " job.sh
'

test_expect_success 'numbers at the edges' '
    for number in 2147483648 4294967296 9223372036854775807 9223372036854775808 18446744073709551616 \
        1234567890123456789012345678901234567890 -1 0 1.5 1e3 0x10 "1 " +1 ""; do
        refused "option -n" tequio submit -n "$number" job.sh || return 1
    done &&
    for number in 9223372036854775808 18446744073709551616 1234567890123456789012345678901234567890 \
        -1 0 1.5 1e3 0x10 "" 1-2-3; do
        refused "is not a job id" tequio show -- "$number" || return 1
    done &&
    refused "runs backwards" tequio show 5-1
'

test_expect_success 'times that are none' '
    for time in 0 -5 1:60 99999999-00:00:00 1- 1:2:3:4 inf nan "" 1h1d 25:00:61; do
        refused "option --time" tequio submit --time="$time" job.sh || return 1
    done &&
    for time in someday 25:00 2026-13-01 2026-02-30 now+ now+5fortnights ""; do
        refused "option --begin" tequio submit --begin="$time" job.sh || return 1
    done
'

test_expect_success 'node lists that are none' '
    for nodes in "n[1-]" "n[5-1]" "n[1,1]" "n[[1]]" "n[001-10]" "n[1" "n]" "a b" "n1,n1"; do
        refused "list of nodes" tequio nodes "$nodes" || return 1
    done &&
    test_must_fail tequio nodes "n[1-99999999]" 2>err && test "$(wc -l <err)" = 1
'

test_expect_success 'formats that are none' '
    refused "followed by a letter" tequio queue --format "%i %" &&
    for format in %n %s %999999999d "jobid%0" nosuch "jobid,,nosuch" %99999999999999999999i; do
        refused "field" tequio queue --format "$format" || return 1
    done
'

test_expect_success 'what changes what runs and is not offered is refused' '
    for option in --prefer=x --gpus-per-socket=1 --tres-per-task=x; do
        refused "not offered by this version" tequio submit "$option" job.sh || return 1
    done
'

test_expect_success 'scripts that are none' '
    mkfifo fifo &&
    printf "echo\n" >no-interpreter && printf "#!/bin/sh\r\necho\r\n" >dos &&
    printf "#!/bin/sh\necho \0\n" >nul && : >empty &&
    { printf "#!/bin/sh\n"; head -c 4194304 /dev/zero | tr "\0" x; } >large &&
    refused "is a directory" tequio submit . &&
    refused "not a regular file" timeout 5 "$test_build/client/tequio" submit fifo &&
    refused "not a regular file" tequio submit /dev/zero &&
    refused "first line names the interpreter" tequio submit no-interpreter &&
    refused "DOS" tequio submit dos &&
    refused "NUL" tequio submit nul &&
    refused "empty" tequio submit empty &&
    refused "4194304" tequio submit large &&
    test_expect_code 2 tequio submit no-such-file
'

test_expect_success 'a scheduler that is not there is told at once' '
    test_expect_code 6 timeout 5 "$test_build/client/tequio" queue 2>err &&
    grep -q "no scheduler listens at ipc://" err &&
    refused "neither tcp://ADDRESS:PORT nor ipc:///PATH" tequio --server nonsense queue &&
    refused "is not known: put it into client.conf" tequio --server tcp://127.0.0.1:9 queue
'

test_expect_success 'a configuration that cannot be read is told at once' '
    mkdir -p "$HOME/.config/tequio" && conf=$HOME/.config/tequio/client.conf &&
    printf "timeoutx = 5\n" >"$conf" && refused "client.conf:1" tequio queue &&
    printf "timeout = 0\n" >"$conf" && refused "between 1 and 3600" tequio queue &&
    chmod 0666 "$conf" && test_expect_code 3 tequio queue 2>err && grep -q "chmod go-w" err &&
    rm "$conf" && mkfifo "$conf" && refused "client.conf" timeout 5 "$test_build/client/tequio" queue &&
    rm "$conf" && mkdir "$conf" && refused "client.conf" tequio queue &&
    rmdir "$conf" && head -c 2000 /dev/urandom >"$conf" && chmod 0600 "$conf" &&
    refused "client.conf" tequio queue &&
    tequio version && rm "$conf"
'

test_expect_success 'without HOME only what needs it fails' '
    (
        unset HOME &&
        tequio help >/dev/null && test_expect_code 6 tequio queue 2>/dev/null &&
        refused "HOME is not set" tequio --server tcp://127.0.0.1:9 enroll \
            --server-key "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7" \
            0000000000000000000000000000000000000000000000000000000000000000
    )
'

test_expect_success 'tequio NAME runs tequio-NAME, with its words as they are' '
    mkdir bin && cat >bin/tequio-greet <<-\END && chmod +x bin/tequio-greet &&
	#!/bin/sh
	printf "%s|" "$@"
	exit 5
	END
    PATH=$PWD/bin:$PATH test_expect_code 5 tequio greet -x --help "a b" "" >out &&
    printf "%s|" -x --help "a b" "" >expected && test_cmp expected out &&
    chmod -x bin/tequio-greet &&
    PATH=$PWD/bin:$PATH test_must_fail tequio greet 2>err && grep -q greet err &&
    refused "unknown command" tequio ../bin/greet
'

test_expect_success 'completion is bash, and completes' '
    tequio completion bash >completion && bash -n completion &&
    complete_words() {
        bash -c "
            compopt() { :; }
            . ./completion
            COMP_WORDS=(tequio \"\$@\"); COMP_CWORD=\$#
            _tequio; printf \"%s\n\" \"\${COMPREPLY[@]}\"" bash "$@"
    } &&
    test "$(complete_words subm)" = submit &&
    test "$(complete_words submit --part)" = --partition= &&
    test "$(complete_words key tok)" = token &&
    test "$(complete_words admin user a)" = add &&
    test "$(complete_words admin user add --man)" = --manager &&
    tequio completion zsh | head -n 1 | grep -q bashcompinit
'

test_expect_success 'every program tells its name and version' '
    for program in scheduler/tequio-scheduler scheduler/tequio-simulate agent/tequio-agent \
        agent/tequio-launcher agent/tequio-rsh agent/tequio-bind agent/tequio-container agent/tequio-stage agent/tequio-task agent/tequio-vm accounting/tequio-accounting \
        accounting/tequio-verify client/tequio; do
        "$test_build/$program" --version >out &&
            grep -qE "^${program##*/} [0-9]+\.[0-9]+\.[0-9]+$" out || { cat out && return 1; }
    done
'

test_expect_success 'a configuration that is good is said to be, wherever one stands' '
    mkdir -m 0755 etc && printf "%s\n" "socket = /run/none" "agent-user = nobody" "spool = /run/none" >etc/l.conf &&
    chmod 0644 etc/l.conf &&
    "$test_build/agent/tequio-launcher" --config etc/l.conf --check >out 2>&1 && echo "etc/l.conf is good" >expected &&
    test_cmp expected out &&
    test_must_fail "$test_build/agent/tequio-launcher" --config etc/none --check 2>err && grep -q "etc/none: No such" err
'

test_expect_success 'the pages of the manual are there' '
    for name in $(sed -n "s/^  \([a-z][a-z]*\)  .*/\1/p" commands); do
        test -s "$TEQUIO_SOURCE/docs/man/tequio-$name.1.scd" || return 1
    done &&
    grep -oE "\{[0-9]+, |REFUSED\([^\"]*\"[a-z-]+|IGNORED\([^\"]*\"[a-z-]+" \
        "$TEQUIO_SOURCE/client/job_options.c" | sed -n "s/.*\"//p" | sort -u >known &&
    test "$(wc -l <known)" -ge 45 &&
    while read -r option; do
        grep -qF -- "*--$option*" "$TEQUIO_SOURCE/docs/man/tequio-submit.1.scd" ||
            { echo "no word of --$option" && return 1; }
    done <known
'

test_done
