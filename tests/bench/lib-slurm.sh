# lib-slurm.sh - a Slurm of a bench's own, in a folder of its own; to be sourced
#
# Sets `dir` (the folder) and `pids` (what ends with the bench).
#
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# Nothing is compared where PROGRAM... are not installed, and slurmd and slurmdbd run as root alone.
slurm_begin() { # PROGRAM...
    local program
    for program; do
        command -v "$program" >/dev/null || {
            echo "# slurm: $program is not installed; nothing was compared"
            exit 0
        }
    done
    if [ "$(id -u)" != 0 ]; then
        echo "# slurm: not root; nothing was compared"
        exit 0
    fi
    dir=$(mktemp -d "${TMPDIR:-/tmp}/tequio-slurm.XXXXXX")
    chmod 0755 "$dir"
    pids=
    trap slurm_end EXIT
    trap 'exit 1' INT TERM
}

slurm_end() {
    # shellcheck disable=SC2086 # one word for each pid
    kill $pids 2>/dev/null || true
    wait
    rm -rf "$dir"
}

until_ok() { # WHAT COMMAND...
    local what=$1 end=$((SECONDS + 60))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { echo "slurm: after 60 s still not: $what; see its logs" >&2 && tail -n 5 "$dir"/*.log >&2 && exit 1; }
        read -r -t 0.05 <> <(:) || true
    done
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

now_us() {
    local now=$EPOCHREALTIME
    echo "${now/[.,]/}"
}

slurm_munge() {
    mkdir -m 0755 "$dir/munge"
    head -c 1024 /dev/urandom >"$dir/munge.key"
    chmod 0400 "$dir/munge.key"
    munged --foreground --force --num-threads 10 --key-file "$dir/munge.key" --socket "$dir/munge/socket" \
        --pid-file "$dir/munge/pid" --log-file "$dir/munged.log" --seed-file "$dir/munge/seed" 2>"$dir/munged-err.log" &
    pids="$pids $!"
    until_ok "munged listens" test -S "$dir/munge/socket"
}
