#!/usr/bin/env bash
# Moves the testbed's UE between its two gNBs. UERANSIM knows neither handover nor signal strength, so there are two
# ways to make a UE change its cell:
#
#   roam.sh to gnb2        The radio link to every other gNB falls silent for longer than UERANSIM's 2 s (radio link
#                          failure), the UE selects gnb2 and registers in its tracking area. 2.5 to 5 s; the PDU
#                          session and its address stay.
#   roam.sh restart gnb2   The UE is started again with gnb2 as the only gNB that it looks for: the same SUPI
#                          registers elsewhere. Takes a new PDU session, so its address may change.
#
#   roam.sh status         Cell, tracking area, registration and PDU sessions, as the UE has them.
#   roam.sh loop [SECONDS] Moves to and fro until interrupted, every 30 s or as said.
#   roam.sh leave          The UE deregisters and stays away.
#   roam.sh join           The UE comes back, with both gNBs to choose from.
#   roam.sh route          What the UE's container resolves goes through the tunnel (after each start of the UE).
#   roam.sh hear           Every gNB is heard again (after an interrupted move).
#
# UE (container), SUPI, GNB1, GNB2 (addresses of the radio link), TAC1, TAC2 and DNS override what compose says.
set -euo pipefail

ue=${UE:-ue}
supi=${SUPI:-imsi-208930000000001}
dns=${DNS:-10.100.200.153}
declare -A address=([gnb1]=${GNB1:-10.100.200.121} [gnb2]=${GNB2:-10.100.200.122})
declare -A tac=([gnb1]=${TAC1:-1} [gnb2]=${TAC2:-2})
# How long a move may take, in seconds.
patience=30

die() {
  echo "roam.sh: $*" >&2
  exit 1
}

in_ue() { docker exec "$ue" "$@"; }

cli() { in_ue ./nr-cli "$supi" -e "$1"; }

check() {
  command -v docker > /dev/null || die "docker is not installed"
  docker info > /dev/null 2>&1 || die "the docker daemon does not answer; is it running, and may you use it?"
  [ "$(docker inspect -f '{{.State.Running}}' "$ue" 2> /dev/null)" = true ] \
    || die "container '$ue' does not run; start it with the compose files of testbed/README.md"
  in_ue sh -c 'command -v ip && command -v pkill' > /dev/null || die "container '$ue' lacks ip or pkill"
}

known() {
  if [ -z "${1:-}" ] || [ -z "${address[$1]:-}" ]; then die "say which gNB: gnb1 or gnb2"; fi
}

# The radio link is UDP to port 4997 of a gNB. A neighbour entry with a hardware address that nobody has lets the
# datagrams leave and arrive nowhere; a route or a filter that refuses them would make nr-ue end, because for it a
# failed send is fatal.
silence() { in_ue ip neigh replace "$1" lladdr 02:00:00:00:00:01 nud permanent dev eth0; }

hear() { in_ue ip neigh del "$1" dev eth0 2> /dev/null || true; }

hear_all() {
  local gnb
  for gnb in "${!address[@]}"; do hear "${address[$gnb]}"; done
}

current_tac() { cli status | awk '$1 == "current-tac:" { print $2 }'; }

registered() { cli status | grep -q 'rm-state: RM-REGISTERED'; }

wait_for() {
  local gnb=$1 start=$SECONDS
  until [ "$(current_tac 2> /dev/null || true)" = "${tac[$gnb]}" ] && registered; do
    [ $((SECONDS - start)) -lt "$patience" ] || return 1
    sleep 0.2
  done
  echo "$(date -u +%FT%TZ) $supi is at $gnb (TAC ${tac[$gnb]}) after $((SECONDS - start)) s"
}

# What the UE resolves must go through the tunnel, as it does on a phone.
route_dns() {
  local tunnel start=$SECONDS
  until tunnel=$(in_ue ip -o link show | grep -o 'uesimtun[0-9]*' | head -n 1) && [ -n "$tunnel" ]; do
    [ $((SECONDS - start)) -lt "$patience" ] || die "the UE has no PDU session (subscriber missing in Free5GC?)"
    sleep 0.2
  done
  in_ue ip route replace "$dns/32" dev "$tunnel"
}

move() {
  local gnb=$1 other
  if [ "$(current_tac)" = "${tac[$gnb]}" ]; then
    echo "$supi is at $gnb already"
    return
  fi
  trap hear_all EXIT
  for other in "${!address[@]}"; do
    [ "$other" = "$gnb" ] || silence "${address[$other]}"
  done
  wait_for "$gnb" || die "$supi did not reach $gnb within $patience s; see 'docker logs $ue' and 'docker logs $gnb'"
  # UERANSIM leaves a cell only when it is lost, so the others may be heard again.
  hear_all
  trap - EXIT
}

stop_ue() {
  in_ue pkill -TERM -x nr-ue || true
  local start=$SECONDS
  while in_ue pgrep -x nr-ue > /dev/null; do
    [ $((SECONDS - start)) -lt "$patience" ] || die "nr-ue does not stop"
    sleep 0.2
  done
}

# Starts nr-ue; an argument is the only gNB that it looks for.
start_ue() {
  local config=./config/ue.yaml
  if [ -n "${1:-}" ]; then
    config=./config-one-gnb.yaml
    in_ue cat ./config/ue.yaml \
      | awk -v only="$1" \
        '/^gnbSearchList:/ { print; print "  - " only; skip = 1; next } skip && /^  - / { next } { skip = 0; print }' \
      | docker exec -i "$ue" sh -c "cat > $config"
  fi
  docker exec -d "$ue" sh -c "./nr-ue -c $config > ./nr-ue.log 2>&1"
}

restart() {
  hear_all
  stop_ue
  start_ue "${address[$1]}"
  wait_for "$1" || die "$supi did not register at $1 within $patience s; see nr-ue.log in container '$ue'"
  route_dns
}

case "${1:-}" in
  to)
    known "${2:-}"
    check
    move "$2"
    ;;
  restart)
    known "${2:-}"
    check
    restart "$2"
    ;;
  status)
    check
    cli status
    cli ps-list
    ;;
  loop)
    check
    every=${2:-30}
    route_dns
    while :; do
      if [ "$(current_tac)" = "${tac[gnb1]}" ]; then move gnb2; else move gnb1; fi
      sleep "$every"
    done
    ;;
  leave)
    check
    cli "deregister switch-off"
    ;;
  join)
    check
    hear_all
    stop_ue
    start_ue
    route_dns
    ;;
  route)
    check
    route_dns
    ;;
  hear)
    check
    hear_all
    ;;
  *)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
    exit 64
    ;;
esac
