#!/usr/bin/env bash
# A network's state moved from its file onto a server, whole or not at all
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='--migrate moves jobs, books and reports to PostgreSQL; what is half moved serves nobody'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
. "$TEQUIO_SOURCE/tests/integration/lib-postgres.sh"

state=$net_dir/state/scheduler

migrate() { # URL
    network_as_daemon "$net_sbin/tequio-scheduler" --config "$net_dir/etc/scheduler.conf" --migrate "$1"
}

sql() { # DATABASE SQL
    "$server" sql "$folder" "$1" "$2"
}

# What anybody may ask about what was, in the words of the network.
told() {
    network_as tester history -n -P --since now-1days \
        --format jobid,jobname,user,account,state,start,end,cputimeraw,alloctres,exitcode &&
        tequio quota --noheader --format institution,project,granted,charged,available &&
        tequio user list --noheader && tequio grant list --noheader
}

report() { # the items of the month, after they were verified
    cp "$net_dir/state/accounting/signing.key.pub" network.pub &&
        bundle=$(tequio report uni --quiet --directory "$1") &&
        "$net_bin/tequio-verify" --key network.pub "$bundle" >&2 && cat "$bundle/R04.csv" "$bundle/leaves.txt"
}

doors_stay() {
    sed -i -e "s|^listen-agents = .*|listen-agents = \"$net_agents\"|" \
        -e "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf"
}

test_expect_success 'a network works on its file' '
    basic_network && doors_stay &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1 &&
    job=$(submit --output "$net_dir/work/out" --wrap "echo here") &&
    network_as tester wait "$job" &&
    waiting=$(submit --output "$net_dir/work/later" --hold --wrap "echo later") &&
    mkdir before after && told >told-before && report before >items-before &&
    grep "^$job|" told-before && grep "/$job/1/0," items-before
'

test_expect_success 'nothing is moved under a scheduler that runs' '
    early=$("$server" database "$folder" early) &&
    test_must_fail migrate "$early" 2>err && grep "stop it first" err &&
    test "$(sql early "SELECT count(*) FROM pg_tables WHERE schemaname = '\''tequio'\''")" = 0 &&
    test_must_fail migrate "$net_dir/elsewhere" 2>err && grep "postgresql://" err
'

# The server waits before the first of the books, as for a slow disk.
slow_books='
CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_sleep(600); RETURN NEW; END$$;
CREATE FUNCTION public.slow_down() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made record;
BEGIN
    FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
        IF made.command_tag = '\''CREATE TABLE'\'' AND made.object_identity = '\''tequio.txn'\'' THEN
            CREATE TRIGGER slow BEFORE INSERT ON tequio.txn FOR EACH STATEMENT EXECUTE FUNCTION public.wait();
        END IF;
    END LOOP;
END$$;
CREATE EVENT TRIGGER slow ON ddl_command_end EXECUTE FUNCTION public.slow_down();'

books_wait() {
    test "$(sql half "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 1
}

test_expect_success 'killed on its way it leaves what serves nobody, and the file as it was' '
    network_end scheduler && half=$("$server" database "$folder" half) && sql half "$slow_books" &&
    network_start mover network_exec_daemon "$net_sbin/tequio-scheduler" \
        --config "$net_dir/etc/scheduler.conf" --migrate "$half" &&
    network_until "the books wait" books_wait &&
    network_end mover -KILL &&
    test "$(sql half "SELECT count(*) FROM member")" = 1 &&
    cp "$net_dir/etc/scheduler.conf" on-file.conf &&
    { echo "store = \"$half\"" && cat on-file.conf; } | network_write "$net_dir/etc/half.conf" &&
    test_must_fail network_as_daemon "$net_sbin/tequio-scheduler" --config "$net_dir/etc/half.conf" 2>err &&
    grep "is being filled" err &&
    test_must_fail migrate "$half" 2>err && grep "is not empty" err &&
    network_scheduler_start && told >told-again && test_cmp told-before told-again
'

test_expect_success 'what is moved is whole' '
    network_end scheduler && whole=$("$server" database "$folder" whole) &&
    migrate "$whole" >moved && grep "rows are moved" moved &&
    test ! -e "$state/tequio.db" && ls "$state"/tequio.db.moved-* &&
    { echo "store = \"$whole\"" && cat on-file.conf; } | network_write "$net_dir/etc/scheduler.conf" &&
    network_scheduler_start && tequio admin status >status && grep "postgresql $folder/whole" status &&
    tequio admin check && told >told-after && test_cmp told-before told-after
'

test_expect_success 'another scheduler does not make its file anew, nor move into it' '
    test_must_fail migrate "$whole" 2>err && grep "tequio.db" err
'

test_expect_success 'the books go on where they were, and so do jobs' '
    network_end accounting && rm "$net_dir/state/accounting/endpoints" &&
    net_database=$whole && network_accounting &&
    report after >items-after && test_cmp items-before items-after &&
    network_until "the node is idle" network_idle 1 &&
    network_as tester release "$waiting" && network_as tester wait "$waiting" &&
    test "$(cat "$net_dir/work/later")" = later &&
    after=$(submit --output /dev/null --wrap true) && test "$after" -gt "$waiting" &&
    network_as tester wait "$after" && tequio admin check
'

test_done
