#!/usr/bin/env bash
# container_test.sh DOCKERFILE BIN CACHE: builds the image from the programs in BIN and runs it as a user would. Uses the
# engine that runs, or starts one of its own (as root, without a network bridge, gone again at the end).
# Exits with 77, and one line that says why, where there is no engine.
set -euo pipefail

dockerfile=$1 bin=$2 cache=$3
base=debian:bookworm-slim
image=ops-container-test:$$
container=ops-container-test-$$
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ops-container-XXXXXX")
own_engine=

skip() { echo "container: skipped: $*"; exit 77; }
fail() {
  echo "container: $*" >&2
  docker logs "$container" >&2 2> /dev/null || true
  exit 1
}
say() { printf '%3d s  %s\n' "$SECONDS" "$*"; }

clean_up() {
  docker rm --force "$container" "$container-idle" > /dev/null 2>&1 || true
  docker image rm "$image" > /dev/null 2>&1 || true
  if [ -n "$own_engine" ]; then
    kill "$own_engine" 2> /dev/null || true
    wait "$own_engine" || true
    umount "$scratch"/exec/netns/* 2> /dev/null || true
  fi
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# until_true SECONDS COMMAND…
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

engine_answers() { docker info > /dev/null 2>&1; }

find_engine() {
  command -v docker > /dev/null || skip "there is no docker (apt-get install docker.io mmdebstrap)"
  if engine_answers; then
    say "using the engine that runs"
    network=(--publish 127.0.0.1::8080)
    return
  fi
  [ "$(id -u)" = 0 ] || skip "no engine runs, and only root can start one"
  command -v dockerd > /dev/null || skip "no engine runs, and there is no dockerd (apt-get install docker.io)"
  start_engine
  network=(--network none)
}

start_engine() {
  export DOCKER_HOST=unix://$scratch/engine.sock
  dockerd --host "$DOCKER_HOST" --data-root "$scratch/root" --exec-root "$scratch/exec" \
    --pidfile "$scratch/engine.pid" --exec-opt native.cgroupdriver=cgroupfs \
    --default-ulimit nofile=1024:20000 --bridge none --iptables=false --ip-forward=false \
    > "$scratch/engine.log" 2>&1 &
  own_engine=$!
  if ! until_true 30 engine_answers_or_ended || ! engine_answers; then
    skip "dockerd does not start here: $(grep -v level=info "$scratch/engine.log" | tail -n 1)"
  fi
  say "started an engine"
}

engine_answers_or_ended() { engine_answers || ! kill -0 "$own_engine" 2> /dev/null; }

# From Debian itself, not from a registry: the tests use no network but apt's.
find_base_image() {
  if docker image inspect "$base" > /dev/null 2>&1; then return; fi
  local tarball=$cache/bookworm.tar
  if [ ! -f "$tarball" ]; then
    command -v mmdebstrap > /dev/null || skip "there is no $base and no mmdebstrap to make it with"
    mmdebstrap --quiet --variant=minbase bookworm "$scratch/bookworm.tar" 2> "$scratch/mmdebstrap.log" ||
      skip "mmdebstrap cannot make $base: $(tail -n 1 "$scratch/mmdebstrap.log")"
    mv "$scratch/bookworm.tar" "$tarball"
  fi
  docker import "$tarball" "$base" > /dev/null
  say "made $base"
}

build_image() {
  docker build --network host --file "$dockerfile" --tag "$image" "$bin" > "$scratch/build.log" 2>&1 ||
    { cat "$scratch/build.log" >&2; fail "docker build fails"; }
  say "built the image"
}

state() { docker inspect --format "{{$1}}" "$container"; }
is_healthy() { [ "$(state .State.Health.Status)" = healthy ]; }
is_unhealthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$container-idle")" = unhealthy ]; }

# What GET /ping on port $1 answers, run by the words before it.
ping_by() {
  local port=${*: -1}
  "${@:1:$#-1}" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port &&
    printf 'GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 && tr -d '\r' <&3 | tail -n 1"
}

ping_from_outside() {
  if [ -n "$own_engine" ]; then
    ping_by nsenter --net --target "$(state .State.Pid)" -- 8080
  else
    ping_by env "$(docker port "$container" 8080/tcp | sed 's/.*://')"
  fi
}

run_container() {
  docker run --detach --name "$container" "${network[@]}" --health-interval 1s \
    --env HELLO_DEPLOYBOT_PWD=only-for-this-container "$image" > /dev/null
  until_true 60 is_healthy || fail "the container is $(state .State.Health.Status), not healthy, after 60 s"
  say "the container is healthy"
  [ "$(ping_by docker exec "$container" 8080)" = pong ] || fail "/ping does not answer inside the container"
  [ "$(ping_from_outside)" = pong ] || fail "/ping does not answer from outside the container"
  local uids
  uids=$(docker exec "$container" bash -c "grep -h ^Uid: /proc/[0-9]*/status" | awk '{ print $2 }' | sort -u)
  [ "$uids" = 1001 ] || fail "processes run with the user ids $uids, not with 1001 alone"
  [ "$(docker exec "$container" readlink /srv/releases/current)" = image ] ||
    fail "the releases directory was not set up"
}

stop_container() {
  local begin=$SECONDS
  docker stop --time 30 "$container" > /dev/null
  [ $((SECONDS - begin)) -lt 25 ] || fail "docker stop took $((SECONDS - begin)) s"
  local code
  code=$(state .State.ExitCode)
  # hello handles TERM: it answers what it has begun and ends normally.
  [ "$code" = 0 ] || fail "docker stop ended the container with $code, not 0"
  say "docker stop ended it with 0"
}

# The health check must be able to fail.
check_health_of_nothing() {
  docker run --detach --name "$container-idle" --network none --health-interval 0.5s --health-retries 1 \
    --health-start-period 1ms "$image" sleep 60 > /dev/null
  until_true 30 is_unhealthy || fail "a container without a server counts as healthy"
  say "a container without a server is unhealthy"
}

grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release ||
  skip "the image is a Debian 12, the programs are built on another system"
find_engine
find_base_image
build_image
run_container
check_health_of_nothing
stop_container
