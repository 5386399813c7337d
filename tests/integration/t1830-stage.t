#!/usr/bin/env bash
# Files that are brought before a script and carried away after it, with a real web server
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A job has its files before it starts, and they are whole; what it made is carried away'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

web=$net_dir/web
here=$net_dir/here
stage=$net_bin/tequio-stage

# --- the program alone ------------------------------------------------------------------------------

web_is_up() {
    [ -s "$web/port" ]
}

test_expect_success 'a web server comes up' '
    mkdir -p "$web" "$here" "$net_dir/scratch" && chmod 0755 "$web" &&
    network_start web python3 "$TEQUIO_SOURCE/tests/integration/stage-server" "$web" &&
    network_until "it listens" web_is_up &&
    url=http://127.0.0.1:$(cat "$web/port") &&
    sum=$(sha256sum <"$web/in") && sum=${sum%% *}
'

# bring PATH NAME [SUM]: what the program does before `true`; carry PATH NAME: and after it.
bring() {
    (cd "$here" && TEQUIO_SCRATCH=$net_dir/scratch TEQUIO_STAGE_SILENCE=1 \
        TEQUIO_STAGE_IN_1=$(printf '%s\n%s\n%s' "$1" "$url/$2" "${3-}") timeout "$net_deadline" "$stage" touch started 2>../said)
}
carry() {
    (cd "$here" && TEQUIO_SCRATCH=$net_dir/scratch TEQUIO_STAGE_SILENCE=1 \
        TEQUIO_STAGE_OUT_1=$(printf '%s\n%s' "$1" "$2") timeout "$net_deadline" "$stage" "${@:3}" 2>../said)
}
# The same, and nothing of the script runs; nothing is left but what KEPT says.
refused() { # SENTENCE PATH NAME [SUM]
    rm -f "$here/started"
    bring "${@:2}"
    [ $? = 74 ] && [ ! -e "$here/started" ] && grep -q -- "$1" "$net_dir/said" &&
        grep -q -- "$1" "$net_dir/scratch/.tequio-end"
}
asked() { # NAME: how often, and from where
    grep -c "^GET /$1 " "$web/log"
}

test_expect_success 'a file is brought into a folder that is made, whole, and is not asked for again when its digest is right' '
    bring data/in.dat good/f $sum && test -e "$here/started" && cmp "$web/in" "$here/data/in.dat" &&
    grep -q "brought data/in.dat from $url/good/f: 300000 bytes in .* sha256 $sum" "$net_dir/said" &&
    test "$(ls -A "$here/data")" = in.dat && before=$(asked good/f) &&
    bring data/in.dat good/f $sum && grep -q "has already data/in.dat" "$net_dir/said" && test "$(asked good/f)" = "$before" &&
    bring data/in.dat good/f && test "$(asked good/f)" = $((before + 1))
'

test_expect_success 'what is told to the program is nothing to the script' '
    (cd "$here" && TEQUIO_STAGE_IN_1="x
$url/good/f" "$stage" env) >seen 2>&1 && ! grep TEQUIO_STAGE_ seen
'

test_expect_success 'another file than the digest says is refused, and does not stay' '
    refused "its sha256 is not the one that was given" wrong good/g $sum && test ! -e "$here/wrong" && test ! -e "$here/.wrong.part"
'

test_expect_success 'one that is not there is told, and not asked for again and again' '
    refused "error: 404; the script was not started" none nothing/f && test "$(asked nothing/f)" = 1 && test ! -e "$here/none"
'

test_expect_success 'a connection that is cut is taken up where it was cut' '
    bring cut cut/f && cmp "$web/in" "$here/cut" &&
    printf "GET /cut/f %s\n" - bytes=100000- bytes=200000- >expected && grep "^GET /cut/f" "$web/log" >seen && test_cmp expected seen &&
    bring passing passing/f && cmp "$web/in" "$here/passing"
'

test_expect_success 'a server that has another file by then, or no ranges, is asked from the beginning' '
    bring changes changes/f && cmp "$web/changed" "$here/changes" &&
    bring whole whole-only/f && cmp "$web/in" "$here/whole"
'

test_expect_success 'what an earlier job has left is taken up where a digest says whether it fits, and only there' '
    head -c 123456 "$web/in" >"$here/.later.part" && bring later good/f $sum && cmp "$web/in" "$here/later" &&
    grep -q "^GET /good/f bytes=123456-" "$web/log" &&
    head -c 1234 "$web/changed" >"$here/.other.part" && bring other good/f $sum && cmp "$web/in" "$here/other" &&
    grep -q "^GET /good/f bytes=1234-" "$web/log" &&
    head -c 77 "$web/in" >"$here/.unsure.part" && bring unsure good/f && cmp "$web/in" "$here/unsure" && ! grep "bytes=77-" "$web/log"
'

test_expect_success 'signed URLs work, and what signs them is not shown' '
    bring signed "signed/f?key=a=b&sig=c==" $sum && cmp "$web/in" "$here/signed" && grep -q "from $url/signed/f:" "$net_dir/said" &&
    ! grep "sig=" "$net_dir/said" && refused "signed/g" signed2 "signed/g?sig=secret" && ! grep -r secret "$net_dir/said" "$net_dir/scratch"
'

test_expect_success 'a server may lead to another place of its kind, and to no file' '
    bring led to-good/f $sum && cmp "$web/in" "$here/led" && refused "file" passwd to-file/f && test ! -e "$here/passwd"
'

test_expect_success 'one that says nothing is given up, one that never ends is cut off' '
    refused "Operation too slow" hung hangs/f && test "$(asked hangs/f)" = 5 &&
    TEQUIO_STAGE_BYTES=1000000 && export TEQUIO_STAGE_BYTES && refused "more than the 1000000 bytes" endless endless/f; status=$?
    unset TEQUIO_STAGE_BYTES && test "$status" = 0 && test ! -e "$here/.endless.part"
'

test_expect_success 'a path that leads out is refused, and so is a link on the way, or in the file'\''s place' '
    mkdir "$net_dir/outside" && ln -s "$net_dir/outside" "$here/link" && ln -s "$net_dir/outside/f" "$here/name" &&
    ln -s "$net_dir/outside/g" "$here/.swapped.part" && mkdir "$here/folder" && mkfifo "$here/fifo" "$here/.pipe.part" &&
    ! bring ../outside/f good/f && grep -q "below the job.s directory" "$net_dir/said" && ! bring /tmp/f good/f &&
    refused "link is a link or no folder" link/f good/f && refused "name is there already and is no plain file" name good/f &&
    refused "is a link" swapped good/f && refused "folder is there already" folder good/f && refused "fifo is there" fifo good/f &&
    refused "is no plain file" pipe good/f && test -z "$(ls -A "$net_dir/outside")"
'

test_expect_success 'two that bring the same wait for each other, and both have it' '
    rm -f "$here/both" && { bring both good/f $sum & one=$!; } && { bring both good/f $sum & two=$!; } &&
    wait $one && wait $two && cmp "$web/in" "$here/both" && test ! -e "$here/.both.part"
'

test_expect_success 'protocols are those of the site; a password in an URL is refused' '
    (cd "$here" && ! TEQUIO_STAGE_IN_1="f
file:///etc/passwd" "$stage" touch never 2>../said) && grep -q "does not let jobs use file; it lets them use https,http,sftp" "$net_dir/said" &&
    (cd "$here" && ! TEQUIO_STAGE_IN_1="f
gopher://127.0.0.1/f" "$stage" touch never 2>../said) && grep -q "none of https, http, sftp and file" "$net_dir/said" &&
    (cd "$here" && ! TEQUIO_STAGE_IN_1="f
http://me:word@127.0.0.1/f" "$stage" touch never 2>../said) && ! grep word "$net_dir/said" | grep me: && test ! -e "$here/never" &&
    (cd "$here" && TEQUIO_STAGE_PROTOCOLS=file TEQUIO_STAGE_IN_1="f
file://$web/in" TEQUIO_STAGE_OUT_1="f
file://$web/put/file" "$stage" true) && cmp "$web/in" "$web/put/file"
'

test_expect_success 'what the script made is carried away, and its exit code stays, whichever it is' '
    carry out/res $url/good/res sh -c "mkdir out; echo result >out/res" && test "$(cat "$web/put/res")" = result &&
    test_expect_code 5 carry out/res $url/good/res5 sh -c "echo half >out/res; exit 5" && test "$(cat "$web/put/res5")" = half &&
    ! carry out/res $url/good/res9 sh -c "kill -9 \$\$" && test "$(cat "$web/put/res9")" = half &&
    carry out/res $url/cut/again sh -c "head -c 200000 /dev/zero >out/res" && cmp "$here/out/res" "$web/put/again"
'

test_expect_success 'what cannot be carried away fails the job, unless the script has' '
    test_expect_code 74 carry out/res $url/refused/res true && grep -q "stage-out of out/res ($url/refused/res): .*403" "$net_dir/said" &&
    test_expect_code 74 carry out/none $url/good/none true && grep -q "none: No such file" "$net_dir/said" &&
    test_expect_code 74 carry link/f $url/good/none true && test_expect_code 3 carry out/none $url/good/none sh -c "exit 3" &&
    test ! -e "$web/put/none"
'

# --- the whole path ---------------------------------------------------------------------------------

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" "stage-protocols = \"http\"
stage-size = \"1M\"" && network_until "n1 is idle" network_idle 1
'

ended() { # JOB STATE
    [ "$(history_of "$1" State)" = "$2" ]
}

test_expect_success 'a job has its files before its script starts, and gives its results away' '
    cat >"$net_dir/work/job.sh" <<-END &&
	#!/bin/sh
	#TEQUIO --stage-in $url/good/f#sha256=$sum=in/one
	#SBATCH --stage-in=$url/good/f --stage-out "sum=$url/good/sum"
	cat in/one f | wc -c >sum
	env | grep TEQUIO_STAGE
	exit 7
	END
    job=$(submit --output job.out --stage-in "in/two=$url/signed/f?key=a=b&sig=c==" "$net_dir/work/job.sh") &&
    network_until "it has ended" ended "$job" FAILED && test "$(history_of "$job" ExitCode)" = 7:0 &&
    test "$(cat "$web/put/sum")" = 600000 && cmp "$web/in" "$net_dir/work/in/two" &&
    test "$(stat -c %U "$net_dir/work/in/one")" = "$net_job_user" &&
    ! grep "TEQUIO_STAGE\|sig=" "$net_dir/work/job.out" && test "$(grep -c "^tequio-stage: brought" "$net_dir/work/job.out")" = 3
'

test_expect_success 'a file that cannot be had ends the job with its own sentence, and nothing of the script runs' '
    job=$(submit --output none.out --stage-in "$url/nothing/f" --wrap "touch ran") &&
    network_until "it has ended" ended "$job" FAILED && test "$(history_of "$job" ExitCode)" = 74:0 && test ! -e "$net_dir/work/ran" &&
    grep -q "stage-in of f ($url/nothing/f): .*404; the script was not started" "$net_dir/work/none.out" &&
    failed=$job && network_as tester show "$job" >shown && grep -q "n1: --stage-in of f ($url/nothing/f): .*404; the script was not started" shown &&
    network_as tester why "$job" >shown && grep -q "it failed, not by its script: n1: --stage-in of f .*404" shown &&
    job=$(submit --output size.out --stage-in "$url/endless/f" --wrap "touch ran") &&
    network_until "it has ended" ended "$job" FAILED && grep -q "more than the 1048576 bytes that this node" "$net_dir/work/size.out" &&
    job=$(submit --output proto.out --stage-in "https://127.0.0.1/f" --wrap "touch ran") &&
    network_until "it has ended" ended "$job" FAILED && grep -q "does not let jobs use https; it lets them use http" "$net_dir/work/proto.out" &&
    test ! -e "$net_dir/work/ran"
'

test_expect_success 'files of the submitter go along as they were when the job was submitted' '
    mkdir "$net_dir/mine" && printf "one\0two\n" >"$net_dir/mine/data" && : >"$net_dir/mine/empty" &&
    printf "#!/bin/sh\necho ran\n" >"$net_dir/mine/tool" && chmod 0755 "$net_dir/mine/tool" && head -c 65536 /dev/urandom >"$net_dir/mine/large" &&
    cp -r "$net_dir/mine" kept && chmod -R a+rX "$net_dir/mine" &&
    job=$(cd "$net_dir/mine" && submit --hold --output along.out --stage-in data --stage-in "$net_dir/mine/empty=along/empty" --stage-in tool=along/tool \
        --stage-in large --wrap "along/tool; ls -l data along/tool") &&
    rm -rf "$net_dir/mine" && network_as tester release "$job" && network_until "it has ended" ended "$job" COMPLETED &&
    cmp kept/data "$net_dir/work/data" && cmp kept/large "$net_dir/work/large" && test -f "$net_dir/work/along/empty" && test ! -s "$net_dir/work/along/empty" &&
    grep -q "^ran$" "$net_dir/work/along.out" && grep -q "^-rwx.* along/tool" "$net_dir/work/along.out" && grep -q "^-rw-.* data" "$net_dir/work/along.out" &&
    grep -q "brought data from where it was submitted: 8 bytes" "$net_dir/work/along.out"
'

fetch() {
    network_as tester fetch "$@"
}

test_expect_success 'a file of a job comes from its node, whole, while it runs and afterwards' '
    mkfifo "$net_dir/work/wait" && chmod 0666 "$net_dir/work/wait" &&
    job=$(submit --output /dev/null --wrap "mkdir res; head -c 700000 /dev/urandom >res/big; touch made; cat wait") && network_until "it is made" test -e "$net_dir/work/made" &&
    fetch "$job" res/big got 2>told && cmp got "$net_dir/work/res/big" && sum=$(sha256sum <got) &&
    grep -q "got: 700000 bytes, sha256 ${sum%% *}" told && test ! -e got.part && timeout "$net_deadline" sh -c "echo go >\"$net_dir/work/wait\"" &&
    network_until "it has ended" ended "$job" COMPLETED && fetch --quiet "$job" res/big 2>told && cmp big got && test ! -s told
'

test_expect_success 'what an earlier try has left is taken up when it is of that file' '
    head -c 200000 got >again.part && fetch --quiet "$job" res/big again && cmp again got &&
    head -c 200000 /dev/zero >other.part && fetch --quiet "$job" res/big other && cmp other got &&
    cp got longer.part && echo more >>longer.part && fetch --quiet "$job" res/big longer && cmp longer got
'

test_expect_success 'all of that is known, too, when the scheduler has to read it' '
    sed -i "s|^listen-agents = .*|listen-agents = \"$net_agents\"|; s|^listen-clients = .*|listen-clients = \"$net_clients\"|" \
        "$net_dir/etc/scheduler.conf" && network_end scheduler && network_scheduler_start &&
    network_until "its node answers again" fetch --quiet "$job" res/big later && cmp later got &&
    network_as tester show "$failed" >shown && grep -q "n1: --stage-in of f ($url/nothing/f): .*404; the script was not started" shown
'

test_expect_success 'nothing is replaced, nothing is had from elsewhere or by others' '
    no_file() { # SENTENCE OPERAND...
        test_must_fail fetch "${@:2}" 2>err && grep -q -- "$1" err || { cat err; return 1; }
    } &&
    no_file "got is there already" "$job" res/big got && no_file "below the job.s directory" "$job" ../etc/n1.conf &&
    no_file "below the job.s directory" "$job" /etc/passwd && no_file "no regular file" "$job" res && no_file "none.*No such file" "$job" none &&
    ln -s /etc/passwd "$net_dir/work/sly" && no_file "is a link" "$job" sly && no_file "no file given" "$job" && no_file "no job given" &&
    no_file "job 999999" 999999 f && no_file "left over\|too many\|more" "$job" res/big a b &&
    tequio admin user add other --project science && network_person other &&
    test_must_fail network_as other fetch "$job" res/big stolen 2>err && grep -q "only its owner may read" err && test ! -e stolen
'

test_expect_success 'a cancelled job is ended while files are brought, and nothing is carried away for it' '
    job=$(submit --output hung.out --stage-in "$url/hangs/job" --wrap "touch ran") &&
    network_until "it is brought" grep -q "/hangs/job" "$web/log" && network_as tester cancel "$job" &&
    network_until "it has ended" ended "$job" "CANCELLED by tester" &&
    job=$(submit --output late.out --stage-out "late=$url/good/late" --wrap "echo x >late; touch running; sleep 1000") &&
    network_until "it runs" test -e "$net_dir/work/running" && network_as tester cancel "$job" &&
    network_until "it has ended" ended "$job" "CANCELLED by tester" && grep -q "nothing is carried away" "$net_dir/work/late.out" &&
    test ! -e "$web/put/late" && test ! -e "$net_dir/work/ran"
'

test_expect_success 'signals reach the script once, those for all and those for it alone' '
    cat >"$net_dir/work/signals.sh" <<-\END &&
	#!/bin/bash
	trap "echo one >>got" USR1
	trap "echo two >>got" USR2
	trap "echo end >>got; exit 0" HUP
	touch ready
	while :; do read -t 1 <>pipe; done
	END
    mkfifo "$net_dir/work/pipe" && chmod 0666 "$net_dir/work/pipe" &&
    job=$(submit --output signals.out --stage-out "got=$url/good/got" "$net_dir/work/signals.sh") &&
    network_until "it runs" test -e "$net_dir/work/ready" &&
    network_as tester cancel --signal USR1 "$job" && network_until "it is there" grep -q one "$net_dir/work/got" &&
    network_as tester cancel --signal USR2 --batch "$job" && network_until "it is there" grep -q two "$net_dir/work/got" &&
    network_as tester cancel --signal HUP --batch "$job" && network_until "it has ended" ended "$job" COMPLETED &&
    printf "%s\n" one two end >expected && test_cmp expected "$web/put/got"
'

test_expect_success 'what makes no sense is refused before it is a job' '
    not() { # SENTENCE OPTION...
        ! submit "${@:2}" --wrap true 2>err && grep -q -- "$1" err || { cat err; return 1; }
    } &&
    not "stage-in: nowhere: No such file" --stage-in nowhere && not "stage-in: .*/" --stage-in /tmp &&
    head -c 65537 /dev/zero >over && not "stage-in: .*over" --stage-in over && head -c 65536 /dev/zero >full &&
    not "have 327680 bytes; 262144 are the most" $(for i in 1 2 3 4 5; do echo "--stage-in=full=f$i"; done) && not "write PATH=URL" --stage-out "$url/good/f" &&
    not "its name is not clear" --stage-in "$url/" && not "below the job.s directory" --stage-in "$url/f=../f" &&
    not "below the job.s directory" --stage-out "/etc/passwd=$url/f" && not "none of https" --stage-in "gopher://h/f" &&
    not "a password in it" --stage-in "https://me:secret@h/f" && ! grep secret err &&
    not "sha256 in 64" --stage-in "$url/f#sha256=12" && not "only sha256" --stage-in "$url/f#md5=12=f" &&
    not "two files would be brought to .f." --stage-in "$url/f" --stage-in "$url/good/f" &&
    not "does not see the job.s directory" --stage-in "$url/f" --vm some && not "names no host" --stage-in "http:///f" &&
    not "more than 32 files" $(for i in $(seq 33); do echo "--stage-in=$url/f$i"; done)
'

test_done
