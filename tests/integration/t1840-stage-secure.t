#!/usr/bin/env bash
# Files that come and go by https and sftp, with a real web server and a real sshd
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Files come and go by https and sftp, with servers that are who they say and with no others'
. "$SHARNESS"
if ! command -v openssl >/dev/null; then
    skip_all='no openssl that makes certificates'
    test_done
fi
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

web=$net_dir/web
here=$net_dir/work/here
home=$net_dir/home/staging
stage=$net_bin/tequio-stage
served=$net_dir/work/served
sshd=$(PATH=$PATH:/usr/sbin command -v sshd) && test_set_prereq SSHD

as_user() {
    if [ "$(id -un)" = "$net_job_user" ]; then
        "$@"
    else
        setpriv --reuid "$net_job_user" --regid "$(id -g "$net_job_user")" --clear-groups "$@"
    fi
}
exec_as_user() { # so that the pid that is kept is the program's
    [ "$(id -un)" = "$net_job_user" ] || set -- setpriv --reuid "$net_job_user" --regid "$(id -g "$net_job_user")" --clear-groups "$@"
    exec "$@"
}
# bring URL [SUM]: what the program does before `true`; carry URL: and after it; as the job's user, with a home of its own.
staging() { # VARIABLES...
    (cd "$here" && as_user env HOME="$home" TEQUIO_STAGE_SILENCE=2 "$@" timeout "$net_deadline" "$stage" true 2>"$net_dir/said")
}
bring() {
    rm -f "$here/got"
    staging ${trusted+"SSL_CERT_FILE=$trusted"} "TEQUIO_STAGE_IN_1=got
$1
${2-}"
}
carry() { # URL [FILE]
    staging ${trusted+"SSL_CERT_FILE=$trusted"} "TEQUIO_STAGE_OUT_1=${2-made}
$1"
}
refused() { # SENTENCE COMMAND...
    test_expect_code 74 "${@:2}" && grep -q -- "$1" "$net_dir/said" && test ! -e "$here/got" && test -z "$(ls "$here"/.*.part 2>/dev/null)" ||
        { cat "$net_dir/said"; return 1; }
}

# --- https ------------------------------------------------------------------------------------------

certificate() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -addext "subjectAltName=IP:127.0.0.1" \
        -keyout "$net_dir/$1.key" -out "$net_dir/$1.crt" 2>"$net_dir/logs/openssl" &&
        cat "$net_dir/$1.key" "$net_dir/$1.crt" >"$net_dir/$1.pem"
}
web_is_up() {
    [ -s "$web/port" ]
}

test_expect_success 'a web server of https comes up' '
    mkdir -p "$web" "$here" "$home/.ssh" "$served" && chmod 0755 "$web" && chmod 0777 "$here" "$served" &&
    certificate web && certificate other && network_start web python3 "$TEQUIO_SOURCE/tests/integration/stage-server" "$web" "$net_dir/web.pem" &&
    network_until "it listens" web_is_up && port=$(cat "$web/port") && url=https://127.0.0.1:$port && sum=$(sha256sum <"$web/in") && sum=${sum%% *}
'

test_expect_success 'a server whose certificate nobody vouches for is none, nor is one of another name' '
    refused "certificate" bring "$url/good/f" && trusted=$net_dir/other.crt && refused "certificate" bring "$url/good/f" &&
    trusted=$net_dir/web.crt && refused "certificate\|name" bring "https://localhost:$port/good/f" &&
    echo secret >"$here/made" && trusted=$net_dir/other.crt && refused "certificate" carry "$url/good/secret" && test ! -e "$web/put/secret" && test ! -e "$web/log"
'

test_expect_success 'with one that is vouched for, files come whole, also after a cut, and go' '
    trusted=$net_dir/web.crt && bring "$url/good/f" $sum && cmp "$web/in" "$here/got" &&
    bring "$url/cut/f" && cmp "$web/in" "$here/got" && grep -q "^GET /cut/f bytes=200000-" "$web/log" &&
    echo result >"$here/made" && carry "$url/good/result" && test "$(cat "$web/put/result")" = result
'

test_expect_success 'from https it leads to no http' '
    refused "http" bring "$url/to-http/f"
'

# --- sftp -------------------------------------------------------------------------------------------

key_pair() { # FILE
    ssh-keygen -q -t ed25519 -N "" -C "" -f "$1"
}
sshd_is_up() {
    : 3<>"/dev/tcp/127.0.0.1/$ssh_port"
}
# An sshd takes no port that is free, it is told one.
sshd_start() {
    local try
    for try in 1 2 3 4 5 6 7 8; do
        ssh_port=$((20000 + (RANDOM + try) % 10000))
        printf "%s\n" "Port $ssh_port" "ListenAddress 127.0.0.1" "HostKey $net_dir/host" "PidFile none" "StrictModes no" "UsePAM yes" "LogLevel VERBOSE" \
            "PasswordAuthentication no" "KbdInteractiveAuthentication no" "AuthorizedKeysFile $net_dir/authorized" "ForceCommand internal-sftp" "Subsystem sftp internal-sftp" \
            >"$net_dir/etc/sshd"
        sshd_is_up 2>/dev/null && continue # it is another's
        network_start sshd exec_as_user "$sshd" -D -e -f "$net_dir/etc/sshd" && network_until "sshd listens" sshd_is_up && return 0
    done
    return 1
}

test_expect_success SSHD 'an sshd comes up' '
    key_pair "$net_dir/host" && key_pair "$home/.ssh/id_ed25519" && key_pair "$net_dir/stranger" && cp "$home/.ssh/id_ed25519.pub" "$net_dir/authorized" &&
    if [ "$(id -u)" = 0 ]; then chown -R "$net_job_user" "$net_dir/host" "$home"; fi && chmod a+r "$net_dir/authorized" &&
    sshd_start && sftp=sftp://127.0.0.1:$ssh_port$served && cp "$web/in" "$served/in"
'

knows() { # PUBLIC-KEY
    echo "[127.0.0.1]:$ssh_port $(cut -d " " -f 1,2 "$1")" >"$home/.ssh/known_hosts" && chmod a+r "$home/.ssh/known_hosts"
}

test_expect_success SSHD 'a server whose key is not known is none, nor is one that has another' '
    refused "SSH\|remote key\|fingerprint" bring "$sftp/in" && test ! -e "$home/.ssh/known_hosts" &&
    knows "$net_dir/stranger.pub" && cp "$home/.ssh/known_hosts" before && refused "SSH\|remote key\|fingerprint" bring "$sftp/in" &&
    cmp before "$home/.ssh/known_hosts"
'

test_expect_success SSHD 'with one that is known, files come whole and go, into folders that are made, over what was there' '
    knows "$net_dir/host.pub" && bring "$sftp/in" $sum && cmp "$web/in" "$here/got" &&
    refused "its sha256 is not" bring "$sftp/in" ${sum%????}0000 &&
    echo first >"$here/made" && carry "$sftp/a/b/result" && test "$(cat "$served/a/b/result")" = first &&
    echo second >"$here/made" && carry "$sftp/a/b/result" && test "$(cat "$served/a/b/result")" = second && test "$(ls -A "$served/a/b")" = result
'

test_expect_success SSHD 'what an earlier try has left is taken up' '
    head -c 123456 "$web/in" >"$here/.got.part" && chmod a+rw "$here/.got.part" && bring "$sftp/in" $sum && cmp "$web/in" "$here/got" &&
    grep -q "300000 bytes" "$net_dir/said"
'

test_expect_success SSHD 'what is not there is told' '
    refused "/none" bring "$sftp/none" && echo x >"$here/made" && touch "$served/file" && test_expect_code 74 carry "$sftp/file/x"
'

test_expect_success SSHD 'a key that is not let in is told' '
    : >"$net_dir/authorized" && refused "uthentication\|denied" bring "$sftp/in"; status=$?
    cp "$home/.ssh/id_ed25519.pub" "$net_dir/authorized" && test "$status" = 0
'

# There an open() waits for somebody who writes: the server has let one in, and is silent.
# libcurl (7.88) leaves its SSH session lying then, and the program ends: the leak checker does not look.
test_expect_success SSHD 'a server that says nothing more is given up' '
    mkfifo "$served/silent" && chmod a+rw "$served/silent" &&
    ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 refused "says nothing any more" bring "$sftp/silent"; status=$?
    : 3<>"$served/silent"; test "$status" = 0
'

# --- the whole path ---------------------------------------------------------------------------------

ended() { # JOB STATE
    [ "$(history_of "$1" State)" = "$2" ]
}

test_expect_success 'a job has its files by https, as its environment says whom it trusts' '
    basic_network && network_node n1 cc "synthetic:package:1 core:2 pu:1" && network_until "n1 is idle" network_idle 1 &&
    job=$(SSL_CERT_FILE=$net_dir/web.crt submit --output job.out --stage-in "$url/good/f#sha256=$sum=in" --stage-out "sum=$url/good/sum" \
        --wrap "sha256sum <in >sum") && network_until "it has ended" ended "$job" COMPLETED && grep -q "$sum" "$web/put/sum" &&
    job=$(submit --output job.out --stage-in "$url/good/f=never" --wrap "touch ran") && network_until "it has ended" ended "$job" FAILED &&
    test ! -e "$net_dir/work/ran" && test ! -e "$net_dir/work/never" && network_as tester show "$job" >shown && grep -q "n1: --stage-in of never.*certificate" shown
'

test_done
