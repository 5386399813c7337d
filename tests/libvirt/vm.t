#!/usr/bin/env bash
# Jobs in virtual machines of their own (--vm), with QEMU
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

libvirt=$TEQUIO_SOURCE/tests/libvirt
parts=$TEQUIO_BUILD/tests/libvirt/parts

missing() { # what is needed and not there
    local program
    for program in qemu-system-x86_64 qemu-img cpio; do
        command -v "$program" >/dev/null || echo "$program"
    done
    ls /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so >/dev/null 2>&1 || echo "libvirt's driver for QEMU"
    [ -e "$parts/kernel" ] || "$libvirt/image" fetch "$parts" >/dev/null 2>&1 || echo "the parts of an image"
}

test_description="A job's script runs in a machine of its own, and what it does is as elsewhere"
. "$SHARNESS"
missing >needed
if [ -s needed ]; then
    skip_all="not there: $(paste -s -d , needed); see tests/libvirt/README.md"
    test_done
fi
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
net_deadline=60 # an emulated processor is slow, and others may work on this machine
images=$net_dir/images
cpus=$(($(nproc) > 1 ? 2 : 1))

ended() { # JOB STATE
    [ "$(history_of "$1" State)" = "$2" ]
}

vm() { # ARGUMENTS...: submitted with output in $net_dir/work/out
    rm -f "$net_dir/work/out"
    submit --vm guest --mem 512M --output out "$@"
}

machines() { # the processes of our machines
    pgrep -f "^/usr/bin/qemu-system-.*$net_dir/" || true
}

nothing_is_left() {
    [ -z "$(machines)" ] && [ -z "$(ls "$net_dir/state/n1-scratch/scratch")" ]
}

says() { # TEXT: the output
    grep -qs -e "$1" "$net_dir/work/out"
}

test_expect_success 'a network comes up, one of its nodes has images' '
    "$libvirt/job_image" "$parts" "$images/guest" && chmod 0755 "$images" && basic_network &&
    network_node n1 cc "synthetic:package:1 core:$cpus pu:1" "vm-images = \"$images\"" &&
    network_node n2 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'a script runs there, with its arguments and environment, and its output and exit code come back' '
    cat >"$net_dir/work/in.sh" <<-\END &&
	#!/bin/sh
	echo "$1,$2 job $TEQUIO_JOB_ID on $TEQUIO_NODENAME with $GIVEN in $(pwd)"
	uname -r
	echo to error >&2
	echo "processors $(grep -c ^processor /proc/cpuinfo)"
	awk "/^MemTotal/ { print \"memory\", \$2 }" /proc/meminfo
	head -n 1 /dev/vda
	echo changed >/dev/vda && sync
	head -n 1 /dev/vda
	head -c 300000 /dev/zero | tr "\0" "\377"
	printf "\nno end of line"
	exit 43
	END
    job=$(GIVEN="it'\''s \"this\"" vm --cpus-per-task $cpus "$net_dir/work/in.sh" one "two  words") &&
    network_until "it has ended" ended "$job" FAILED && test "$(history_of "$job" ExitCode)" = 43:0 &&
    test "$(sed -n 2p "$net_dir/work/out")" != "$(uname -r)" &&
    sed "2s/.*/its own kernel/; s/^memory .*/memory/" "$net_dir/work/out" >seen &&
    {
        printf "%s\n" "one,two  words job $job on n1 with it'\''s \"this\" in /" "its own kernel" "to error" \
            "processors $cpus" memory "as it was made" changed &&
            head -c 300000 /dev/zero | tr "\0" "\377" && printf "\nno end of line"
    } >expected && cmp seen expected
'

test_expect_success 'its memory is that of the job, less what QEMU needs; its image is as it was' '
    memory=$(awk "/^memory/ { print \$2 }" "$net_dir/work/out") &&
    test "$memory" -gt 250000 && test "$memory" -lt 524288 && test "$(head -n 1 "$images/guest/disk")" = "as it was made"
'

test_expect_success 'what it used is in the record' '
    test "$(history_of "$job" NodeList)" = n1 &&
    seconds=$(history_of "$job" TotalCPU | awk -F "[:.]" "{ print \$1 * 3600 + \$2 * 60 + \$3 }") &&
    peak=$(history_of "$job" MaxRSS) && case $peak in *K) peak=$((${peak%K} / 1024)) ;; *M) peak=${peak%.*} && peak=${peak%M} ;; esac &&
    echo "CPU time $seconds s, peak $peak MiB" &&
    test "$seconds" -ge 1 && test "$peak" -ge 100 && test "$peak" -le 512 && network_until "nothing is left" nothing_is_left
'

test_expect_success 'error output apart stays apart' '
    job=$(vm --error err --wrap "echo to output; echo to error >&2") &&
    network_until "it has ended" ended "$job" COMPLETED &&
    test "$(cat "$net_dir/work/out")" = "to output" && test "$(cat "$net_dir/work/err")" = "to error"
'

# The threads of QEMU that are virtual processors, and where each may run.
processors() {
    local task
    for task in /proc/"$(machines)"/task/*; do
        case $(cat "$task/comm") in
            "CPU "*) awk "/^Cpus_allowed_list/ { print \$2 }" "$task/status" ;;
        esac
    done
}

test_expect_success 'while it runs, each virtual processor has a core of its own' '
    job=$(vm --cpus-per-task $cpus --wrap "trap \"echo warned; exit 5\" USR1; echo runs; while :; do sleep 1; done") &&
    network_until "it runs" says runs && processors >pinned &&
    seq 0 $((cpus - 1)) | sort >expected && sort pinned >seen && test_cmp expected seen
'

test_expect_success 'a signal reaches the script, which ends as it likes' '
    network_as tester cancel --signal USR1 "$job" && network_until "it has ended" ended "$job" FAILED &&
    says warned && test "$(history_of "$job" ExitCode)" = 5:0 && network_until "nothing is left" nothing_is_left
'

test_expect_success 'an end by a signal is told from the exit code that shells make of it' '
    job=$(vm --wrap "kill -9 \$\$") && network_until "it has ended" ended "$job" FAILED &&
    test "$(history_of "$job" ExitCode)" = 0:9 &&
    job=$(vm --wrap "exit 137") && network_until "it has ended" ended "$job" FAILED &&
    test "$(history_of "$job" ExitCode)" = 137:0
'

test_expect_success 'cancelled, the script has its time; then the machine is gone' '
    job=$(vm --wrap "trap \"echo asked\" TERM; echo runs; while :; do sleep 1; done") &&
    network_until "it runs" says runs && network_as tester cancel "$job" &&
    network_until "it has ended" ended "$job" "CANCELLED by tester" && says asked && network_until "nothing is left" nothing_is_left
'

test_expect_success 'cancelled before there is a script, too' '
    job=$(vm --wrap "echo runs") && network_until "the machine is there" test -n "\$(machines)" &&
    network_as tester cancel "$job" && network_until "it has ended" ended "$job" "CANCELLED by tester" &&
    test_must_fail says runs && network_until "nothing is left" nothing_is_left
'

test_expect_success 'its time over, the script is told, and then the machine is gone' '
    job=$(vm --time 0:45 --wrap "trap \"echo told\" TERM; echo runs; while :; do sleep 1; done") &&
    network_until "it runs" says runs && network_until "it has ended" ended "$job" TIMEOUT && says told &&
    network_until "nothing is left" nothing_is_left
'

test_expect_success 'a script that takes all memory meets the end of its own machine, and no other' '
    job=$(vm --wrap "echo runs; a=x; while :; do a=\$a\$a; done") &&
    network_until "it has ended" ended "$job" FAILED && says runs && network_until "nothing is left" nothing_is_left &&
    network_until "the node serves on" network_idle 2
'

test_expect_success 'agent and launcher killed, it runs on' '
    job=$(vm --wrap "echo runs; sleep 6; exit 7") && network_until "it runs" says runs &&
    kill -KILL "$(cat "$net_dir/pids/n1")" "$(cat "$net_dir/pids/n1-launcher")" && network_node_start n1 &&
    network_until "it has ended" ended "$job" FAILED && test "$(history_of "$job" ExitCode)" = 7:0 && network_until "nothing is left" nothing_is_left
'

test_expect_success 'its shepherd killed, or its program, nothing stays behind' '
    job=$(vm --no-requeue --wrap "echo runs; sleep 600") && network_until "it runs" says runs &&
    kill -KILL $(network_shepherds) && network_until "it has ended" ended "$job" FAILED && network_until "nothing is left" nothing_is_left &&
    job=$(vm --no-requeue --wrap "echo runs; sleep 600") && network_until "it runs" says runs &&
    kill -KILL "$(pgrep -f "^$net_bin/tequio-vm")" && network_until "it has ended" ended "$job" FAILED &&
    test "$(history_of "$job" ExitCode)" = 0:9 && network_until "nothing is left" nothing_is_left
'

test_expect_success 'a machine that is switched off inside is told of' '
    job=$(vm --wrap "echo runs; poweroff -f") && network_until "it has ended" ended "$job" FAILED &&
    test "$(history_of "$job" ExitCode)" = 125:0 && says runs &&
    says "tequio-vm: node n1: the virtual machine has ended before the script"
'

test_done
