# shellcheck shell=bash
# Sourced: runs the steps of a longer script. Each has a line with the time it took, shows that it lives, keeps its
# output in a log, and shows the end of it if it fails.

step_pid=

seconds_text() {
    if [ "$1" -lt 60 ]; then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# The processor time of this script's children that have ended, with theirs: on a busy machine it says more than a clock.
ended_cpu_seconds() {
    local stat
    stat=$(</proc/$$/stat)
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo $(((${14} + ${15}) / $(getconf CLK_TCK)))
}

# How far a build is: the last "[12/345]" of its log.
step_counter() {
    tail -c 4096 "$1" 2>/dev/null | tr '\r' '\n' | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1
}

show_log() {
    [ -s "$1" ] || return 0
    printf '\nthe last lines of %s:\n' "$1"
    tail -n "${2:-25}" "$1" | cut -c 1-300 | sed 's/^/  | /'
}

# Of a test's log: what a sanitizer says first, else the end.
show_test_log() {
    local first
    first=$(grep -anE '(ERROR|WARNING): (Address|Leak|Thread)Sanitizer|runtime error:' "$1" | head -n 1 | cut -d: -f1) || true
    if [ -z "$first" ]; then
        show_log "$1" 80
    else
        printf '\nfrom %s:\n' "$1"
        sed -n "$first,$((first + 59))p" "$1" | cut -c 1-300 | sed 's/^/  | /'
    fi
}

# Of a build's log only what went wrong, if it says so.
show_build_log() {
    local wrong
    wrong=$(grep -aE '(error|Error|undefined reference|FAILED):? ' "$1" | cut -c 1-300 | head -n 25) || true
    if [ -z "$wrong" ]; then
        show_log "$1" 40
    else
        printf '\nfrom %s:\n%s\n' "$1" "$wrong"
    fi
}

# step LABEL LOG COMMAND...: the command's exit code; seconds in step_seconds.
step() {
    local label=$1 log=$2 started=$SECONDS ticks=0 code=0
    shift 2
    mkdir -p "$(dirname "$log")"
    printf '%s ' "$label"
    # A process group of its own: ended as a whole, and not hit by the terminal's Ctrl-C before the trap has run.
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    step_pid=$!
    set +m
    while kill -0 "$step_pid" 2>/dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        if [ -t 1 ]; then
            [ $((ticks % 5)) -ne 0 ] || printf '\r\033[K%s %s %s' "$label" "$(seconds_text $((SECONDS - started)))" \
                "$(step_counter "$log")"
        elif [ $((ticks % 25)) -eq 0 ]; then
            printf '.'
            [ $((ticks % 150)) -ne 0 ] || printf '%s' "$(step_counter "$log")"
        fi
    done
    wait "$step_pid" || code=$?
    step_pid=
    step_seconds=$((SECONDS - started))
    [ ! -t 1 ] || printf '\r\033[K%s ' "$label"
    if [ "$code" -eq 0 ]; then
        printf ' done (%s)\n' "$(seconds_text "$step_seconds")"
    else
        printf ' FAILED (%s)\n' "$(seconds_text "$step_seconds")"
    fi
    return "$code"
}

# For a trap: ends the step that runs, with all its children.
stop_step() {
    [ -n "$step_pid" ] || return 0
    kill -INT -- "-$step_pid" 2>/dev/null || true
    local tries=0
    while kill -0 -- "-$step_pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -KILL -- "-$step_pid" 2>/dev/null || true
    step_pid=
}
