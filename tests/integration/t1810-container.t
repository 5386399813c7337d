#!/usr/bin/env bash
# Jobs and steps inside images, with real daemons and a real container runtime
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A script or a task runs inside an image, and otherwise as ever'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

image=$net_dir/image

# As little as a shell needs, and a file that only the image has.
make_image() {
    local program library
    mkdir -p "$image"/{bin,dev,etc,home,mnt,proc,root,run,sys,tmp,usr} &&
        echo "only in the image" >"$image/etc/where" && : >"$image/etc/passwd" && : >"$image/etc/group" || return 1
    for program in /bin/sh /bin/cat /bin/sleep; do
        cp "$program" "$image/bin/" || return 1
        for library in $(ldd "$program" | grep -o "/[^ ]*"); do
            mkdir -p "$image/${library%/*}" && cp -n "$library" "$image/$library" || return 1
        done
    done
    chmod -R a+rX "$image"
}

# Name spaces of users may be forbidden here.
make_image >/dev/null 2>&1
if [ "$(USER=$(id -un) ch-run "$image" -- /bin/cat /etc/where 2>/dev/null)" = "only in the image" ]; then
    test_set_prereq CONTAINER
fi

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_node n2 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "both nodes are idle" network_idle 2
'

ended() { # JOB STATE
    [ "$(history_of "$1" State)" = "$2" ]
}

test_expect_success CONTAINER 'a script runs in its image, in its directory, with its arguments and its exit code' '
    cat >"$net_dir/work/in.sh" <<-\END &&
	#!/bin/sh
	cat /etc/where
	echo "$1,$2 job $TEQUIO_JOB_ID $(test -e /usr/bin/env || echo no other files)"
	echo here >beside
	exit 9
	END
    job=$(submit --output in.out --container "$image" "$net_dir/work/in.sh" one "two words") &&
    network_until "it has ended" ended "$job" FAILED &&
    test "$(history_of "$job" ExitCode)" = 9:0 &&
    printf "%s\n" "only in the image" "one,two words job $job no other files" >expected &&
    test_cmp expected "$net_dir/work/in.out" && test "$(cat "$net_dir/work/beside")" = here
'

test_expect_success CONTAINER 'tasks of a step run in it, each on its node and with its number' '
    network_as tester run --quiet --chdir "$net_dir/work" --nodes 2 --container "$image" \
        sh -c "read line </etc/where; echo \$TEQUIO_PROCID \$TEQUIO_NODENAME \$line" | sort >seen &&
    printf "%s\n" "0 n1 only in the image" "1 n2 only in the image" >expected && test_cmp expected seen &&
    test_expect_code 5 network_as tester run --quiet --chdir "$net_dir/work" --container "$image" sh -c "exit 5"
'

test_expect_success CONTAINER 'limits hold inside, and nothing stays behind' '
    job=$(submit --container "$image" --wrap "sleep 1000 & sleep 1001") &&
    network_until "it runs" sh -c "pgrep -f \"[s]leep 1001\"" &&
    network_as tester cancel "$job" && network_until "it has ended" ended "$job" "CANCELLED by tester" &&
    network_until "nothing is left" sh -c "! pgrep -f \"[s]leep 100[01]\""
'

test_expect_success CONTAINER 'what is missing is told' '
    job=$(submit --output none.out --container "$net_dir/no-image" --wrap true) &&
    network_until "it has ended" ended "$job" FAILED && grep -q "no-image" "$net_dir/work/none.out" &&
    job=$(CONTAINER_RUNTIME=docker submit --output which.out --container "$image" --wrap true) &&
    network_until "it has ended" ended "$job" FAILED && test "$(history_of "$job" ExitCode)" = 127:0 &&
    grep -q "node n[12] has no docker (CONTAINER_RUNTIME) that I know; I know apptainer, singularity, ch-run" "$net_dir/work/which.out"
'

test_done
