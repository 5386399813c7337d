#!/usr/bin/env bash
# Prolog and epilog of a site, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A site runs its own programs before and after each job, and trusts them more than the node'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# They write down that they ran, and fail when told to.
for hook in prolog epilog; do
    cat >"$net_dir/$hook" <<END
#!/bin/sh
echo "\$TEQUIO_HOOK \$TEQUIO_JOB_ID \$TEQUIO_USER \$(id -u) \${TEQUIO_JOB_EXIT_CODE-}" >>$net_dir/ran
[ ! -e $net_dir/break-$hook ] || { echo "the $hook found no disk"; echo more; exit 3; }
END
    chmod 0755 "$net_dir/$hook"
done
: >"$net_dir/ran"

hooked_node() {
    network_node "$1" cc "synthetic:package:1 core:2 pu:1" "" "prolog = $net_dir/prolog
epilog = $net_dir/epilog"
}

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

ended() { # JOB
    case $(history_of "$1" State) in COMPLETED | FAILED | CANCELLED*) true ;; *) false ;; esac
}

test_expect_success 'both run once, before and after, as the launcher' '
    basic_network && hooked_node n1 &&
    cat >job.sh <<-END &&
	#!/bin/sh
	echo "job \$TEQUIO_JOB_ID" >>$net_dir/work/seen
	cat $net_dir/ran >>$net_dir/work/seen
	exit 5
	END
    job=$(submit job.sh) && network_until "it ends" ended "$job" &&
    printf "prolog %s tester %s \nepilog %s tester %s 5\n" "$job" "$(id -u)" "$job" "$(id -u)" >wanted &&
    test_cmp wanted "$net_dir/ran" &&
    grep -q "^prolog $job" "$net_dir/work/seen" && ! grep -q epilog "$net_dir/work/seen"
'

test_expect_success 'a prolog that fails: the job waits for another node, this one is drained' '
    : >"$net_dir/break-prolog" && job=$(submit job.sh) &&
    network_until "it is drained" state_is n1 drained &&
    tequio nodes -h -o "%E" n1 >reason && grep -qx "prolog of job $job failed with status 3: the prolog found no disk" reason &&
    test "$(tequio nodes -h -o reasonby n1)" = node &&
    network_as tester queue -h -o state,reason >queue && grep -q "PENDING *JobLaunchFailure" queue &&
    rm "$net_dir/break-prolog" && tequio resume n1 && network_until "it ends" ended "$job" &&
    test "$(history_of "$job" State)" = FAILED
'

test_expect_success 'an epilog that fails: the end stands, the node is drained' '
    : >"$net_dir/break-epilog" &&
    job=$(submit --wrap true) && network_until "it ends" ended "$job" &&
    network_until "it is drained" state_is n1 drained &&
    test "$(tequio nodes -h -o "%E" n1)" = "epilog of job $job failed with status 3: the epilog found no disk" &&
    test "$(history_of "$job" State)" = COMPLETED
'

test_done
