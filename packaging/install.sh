#!/bin/sh
# Installs agent-handoff from a released archive, and the MCP server from its own: no root, no compiler. Nothing is changed
# before the SHA-256 of each was found right.
set -eu

# Set in a released copy of this script.
VERSION=''
BASE=''
SUMS=''

PROGRAM=agent-handoff
MCP=handoff-mcp

usage() {
  cat <<'END'
usage: install.sh [--from FILE|DIR|URL] [--sha256 SUM] [--prefix DIR] [--without-mcp] [--downgrade]
                  [-- OPTION...]

  --from WHERE   an archive, or the directory or address that has the archives and SHA256SUMS; without it this
                 release is downloaded
  --sha256 SUM   the archive's SHA-256, instead of the one that comes with it
  --without-mcp  leave out the MCP server, which has an archive of its own; an upgrade leaves it out too
  --prefix DIR   where to install, instead of $AGENT_HANDOFF_HOME or ~/.agent-handoff
  --downgrade    also when what is installed is newer
  --help         this
  OPTION...      for `handoff install`: --only claude,codex, --dry-run and so on

Exit code: 0 installed; 1 not; 2 usage; 3 not, because it could not be downloaded.
END
}

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "$PROGRAM" "$*" >&2
  printf 'nothing was changed\n' >&2
  exit 1
}

# fail, where another way may lead to the same.
unreachable() {
  printf '%s: %s\nnothing was changed\n' "$PROGRAM" "$*" >&2
  exit 3
}

misused() {
  printf '%s: %s\nsee install.sh --help\n' "$PROGRAM" "$*" >&2
  exit 2
}

has() { command -v "$1" >/dev/null 2>&1; }

# The released target of this machine.
platform() {
  system=$(uname -s) machine=$(uname -m)
  if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
    # This shell is translated; the machine is not what it says.
    machine=arm64
  fi
  case $system-$machine in
    Linux-x86_64 | Linux-amd64) say x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) say aarch64-unknown-linux-musl ;;
    Darwin-x86_64) say x86_64-apple-darwin ;;
    Darwin-arm64) say aarch64-apple-darwin ;;
    *)
      fail "there is no released archive for $system on $machine; with Rust there, build it from a clone:" \
        "cargo run --release -p installer -- install"
      ;;
  esac
}

# The SHA-256 of the file $1.
sha256() {
  if has sha256sum; then
    sum=$(sha256sum <"$1")
  elif has shasum; then
    sum=$(shasum -a 256 <"$1")
  elif has openssl; then
    sum=$(openssl dgst -sha256 -r <"$1")
  else
    fail 'could not check the archive: there is no sha256sum, shasum or openssl on PATH; install one of them'
  fi
  say "${sum%% *}"
}

# check_sum FILE NAME SUM WAY-OUT
check_sum() {
  found=$(sha256 "$1")
  [ "$found" = "$3" ] ||
    fail "refused $2: its SHA-256 is $found and must be $3; it was cut short or changed, so get it again$4"
}

# fetch URL FILE: ends with 0 only where it has come.
fetch() {
  case $1 in
    https://*) only='=https' ;;
    http://127.0.0.1[:/]* | http://localhost[:/]*) only='=http' ;;
    *) fail "could not download $1: only https addresses are taken" ;;
  esac
  if has curl; then
    curl --proto "$only" --proto-redir "$only" -fsSL --retry 2 --max-time 600 -o "$2" -- "$1"
  elif has wget; then
    wget -q -O "$2" "$1"
  else
    unreachable 'could not download: there is no curl or wget on PATH; install one of them, or download the archive and use --from'
  fi
}

# download URL FILE
download() {
  fetch "$1" "$2" || unreachable "could not download $1; with the archive and SHA256SUMS here, use --from DIRECTORY"
}

# The SHA-256 that the text on standard input gives for the file $1.
listed() {
  awk -v name="$1" 'NF == 2 && ($2 == name || $2 == "*" name) { print $1; exit }'
}

# The SHA-256 of the file $1, as this release or what lies beside the archive says it; nothing where neither does.
known_sum() {
  sum=$(say "$SUMS" | listed "$1")
  if [ -z "$sum" ] && [ -f "$work/sums" ]; then sum=$(listed "$1" <"$work/sums"); fi
  say "$sum"
}

# The archive's name for version $1 and target $2; with no version, a pattern.
archive_name() { printf '%s-%s-%s.tar.gz' "$PROGRAM" "$1" "$2"; }

# Puts the archive at $work/archive, sets `name` to its name, `wanted` to its SHA-256, and `place` to where it was.
get() {
  case $from in
    https://*.tar.gz | http://*.tar.gz)
      name=${from##*/} place=${from%/*}
      download "$from" "$work/archive"
      [ -n "$wanted" ] || download "$place/SHA256SUMS" "$work/sums"
      ;;
    https://* | http://*)
      from=${from%/} place=${from%/}
      newest=$VERSION
      [ -n "$newest" ] || newest=$(newest_at "$from")
      name=$(archive_name "$newest" "$target")
      download "$from/$name" "$work/archive"
      [ -n "$wanted" ] || [ -n "$SUMS" ] || download "$from/SHA256SUMS" "$work/sums"
      ;;
    *)
      from=${from#file://}
      [ -e "$from" ] || fail "could not read $from: there is no such file or directory"
      if [ -d "$from" ]; then from=$(newest_in "${from%/}"); fi
      name=${from##*/} place=$(dirname -- "$from")
      cp -- "$from" "$work/archive" || fail "could not read $from"
      if [ -f "$place/SHA256SUMS" ]; then cp -- "$place/SHA256SUMS" "$work/sums"; fi
      ;;
  esac
  [ -n "$wanted" ] || wanted=$(known_sum "$name")
  [ -n "$wanted" ] || fail "could not check $name: no SHA256SUMS beside it names it; give its sum with --sha256"
}

# Puts the MCP server's archive of the same version at $work/mcp and checks it. Where it cannot be had, says so, and the rest is
# installed; but not where it would take away a server that is there.
get_mcp() {
  mcp=$MCP${name#"$PROGRAM"} missing=''
  sum=$(known_sum "$mcp")
  if [ -z "$sum" ]; then
    missing="no SHA256SUMS names $mcp"
  else
    case $place in
      https://* | http://*) fetch "$place/$mcp" "$work/mcp" || missing="could not download $place/$mcp" ;;
      *) if [ -f "$place/$mcp" ]; then cp -- "$place/$mcp" "$work/mcp"; else missing="$place has no $mcp"; fi ;;
    esac
  fi
  if [ -z "$missing" ]; then
    check_sum "$work/mcp" "$mcp" "$sum" '; or leave it out with --without-mcp'
    check_contents "$work/mcp" "$mcp"
  elif [ -e "$prefix/bin/$MCP" ]; then
    fail "the MCP server is installed, and $missing; to install the rest without it, add --without-mcp"
  else
    say "note:        without the MCP server: $missing"
    rm -f -- "$work/mcp"
  fi
}

# The archive for this platform in the directory $1: this release's, else the one that is there.
newest_in() {
  if [ -n "$VERSION" ] && [ -f "$1/$(archive_name "$VERSION" "$target")" ]; then
    say "$1/$(archive_name "$VERSION" "$target")"
    return
  fi
  found=''
  for file in "$1/$PROGRAM"-*-"$target.tar.gz"; do
    [ -f "$file" ] || continue
    if [ -z "$found" ] || is_older "$(version_in "$found")" "$(version_in "$file")"; then found=$file; fi
  done
  [ -n "$found" ] || fail "could not find an archive for $target in $1"
  say "$found"
}

# The version that the SHA256SUMS at the address $1 has for this platform.
newest_at() {
  download "$1/SHA256SUMS" "$work/there"
  found=''
  while read -r _ file; do
    case $file in
      "$PROGRAM"-*-"$target.tar.gz")
        if [ -z "$found" ] || is_older "$found" "$(version_in "$file")"; then found=$(version_in "$file"); fi
        ;;
    esac
  done <"$work/there"
  [ -n "$found" ] || fail "could not find an archive for $target at $1"
  say "$found"
}

# The version in the archive's name $1.
version_in() {
  version=${1##*/}
  version=${version#"$PROGRAM"-}
  say "${version%-"$target".tar.gz}"
}

# Whether version $1 comes before version $2, by the rules of semver.org: of two parts behind the hyphen, numbers are compared
# as numbers and come before words, and fewer parts come before more.
is_older() {
  LC_ALL=C awk -v a="$1" -v b="$2" 'BEGIN {
    sub(/[+].*/, "", a); sub(/[+].*/, "", b)
    before = a; after = b
    sub(/-.*/, "", before); sub(/-.*/, "", after)
    split(before, m, "."); split(after, n, ".")
    for (i = 1; i <= 3; i++) if (m[i] + 0 != n[i] + 0) exit !(m[i] + 0 < n[i] + 0)
    # What has something behind a hyphen comes before what has not.
    if (a == before || b == after) exit !(a != before && b == after)
    x = split(substr(a, length(before) + 2), p, "."); y = split(substr(b, length(after) + 2), q, ".")
    for (i = 1; i <= x && i <= y; i++) {
      if (p[i] "" == q[i] "") continue
      is_number = p[i] ~ /^[0-9]+$/; other_is_number = q[i] ~ /^[0-9]+$/
      if (is_number && other_is_number) exit !(p[i] + 0 < q[i] + 0)
      if (is_number != other_is_number) exit !is_number
      exit !(p[i] "" < q[i] "")
    }
    exit !(x < y)
  }'
}

# Fails where the archive $1, called $2, holds a link, or a path that leads out of its directory.
check_contents() {
  tar -tzf "$1" >"$work/list" 2>/dev/null || fail "could not read $2: it is not a whole .tar.gz"
  if grep -qv "^$directory/" "$work/list" || grep -q '\.\./' "$work/list"; then
    fail "could not use $2: it holds files outside of $directory"
  fi
  if tar -tvzf "$1" 2>/dev/null | grep -qv '^[-d]'; then
    fail "could not use $2: it holds more than files and directories"
  fi
}

# unpack ARCHIVE NAME
unpack() {
  tar -xzf "$1" -C "$work" || fail "could not unpack $2 in $work"
}

# Fails where the prefix cannot be written.
check_prefix() {
  at=$prefix
  while [ ! -e "$at" ]; do at=$(dirname -- "$at"); done
  [ -d "$at" ] || fail "could not install to $prefix: $at is not a directory; choose another with --prefix DIR"
  if ! probe=$(mktemp -d "$at/.$PROGRAM-XXXXXX" 2>/dev/null); then
    fail "could not install to $prefix: $at cannot be written; choose another with --prefix DIR"
  fi
  rmdir -- "$probe"
}

# Fails where something newer is installed; says what is replaced.
check_installed() {
  [ -x "$prefix/bin/handoff" ] || return 0
  installed=$("$prefix/bin/handoff" --version 2>/dev/null) || return 0
  installed=${installed#handoff }
  if [ -z "$downgrade" ] && is_older "$(version_in "$name")" "$installed"; then
    fail "$prefix has $installed, which is newer than $(version_in "$name"); to go back to that, add --downgrade"
  fi
  checkout=$(sed -n 's/^ *"checkout": *"\(.*\)",*$/\1/p' "$prefix/manifest.json" 2>/dev/null || :)
  if [ -n "$checkout" ]; then say "replaces $installed, which was built from $checkout"; fi
}

# Says what to do where the commands are not found.
check_path() {
  case :${PATH:-}: in *":$HOME/.local/bin:"*) return ;; esac
  case ${SHELL:-} in
    */zsh) profile=.zshrc ;;
    */bash) profile=.bashrc ;;
    */fish)
      say 'note:        ~/.local/bin is not on your PATH; run: fish_add_path ~/.local/bin'
      return
      ;;
    *) profile=.profile ;;
  esac
  say "note:        ~/.local/bin is not on your PATH, so your shell does not find handoff; run:"
  # shellcheck disable=SC2016 # for the profile to expand
  say "             echo 'export PATH=\"\$HOME/.local/bin:\$PATH\"' >> ~/$profile   # then start a new shell"
}

main() {
  from='' wanted='' prefix='' downgrade='' without_mcp=''
  while [ $# -gt 0 ]; do
    case $1 in
      --from | --sha256 | --prefix)
        [ $# -ge 2 ] && [ -n "$2" ] || misused "$1 needs a value"
        case $1 in --from) from=$2 ;; --sha256) wanted=$2 ;; *) prefix=$2 ;; esac
        shift
        ;;
      --without-mcp) without_mcp=1 ;;
      --downgrade) downgrade=1 ;;
      -h | --help) usage; exit 0 ;;
      --) shift; break ;;
      *) misused "there is no option \`$1\`" ;;
    esac
    shift
  done
  [ -n "${HOME:-}" ] || fail 'HOME is not set, so there is no telling where to install'
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ]; then
    fail "it is installed for one user and needs no root; run it without sudo, as $SUDO_USER"
  fi
  from=${from:-$BASE}
  [ -n "$from" ] || misused 'this copy knows no address to download from; say where the archive is with --from'
  prefix=${prefix:-${AGENT_HANDOFF_HOME:-$HOME/.agent-handoff}}
  case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
  # As a substitution its failure would end that alone.
  target=$(platform) || exit 1
  for tool in tar gzip awk mktemp; do
    has "$tool" || fail "could not unpack: there is no $tool on PATH; install it"
  done
  work=$(mktemp -d) || fail 'could not make a temporary directory; set TMPDIR to one that can be written'
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  get
  check_sum "$work/archive" "$name" "$wanted" ''
  case $name in
    "$PROGRAM"-*-"$target.tar.gz") ;;
    *) fail "refused $name: it is not an archive for $target, which this machine is" ;;
  esac
  directory=${name%.tar.gz}
  check_contents "$work/archive" "$name"
  check_installed
  check_prefix
  [ -n "$without_mcp" ] || get_mcp
  unpack "$work/archive" "$name"
  if [ -f "$work/mcp" ]; then unpack "$work/mcp" "$mcp"; fi
  sed 's/"way": *"[^"]*"/"way": "script"/' "$work/$directory/origin.json" >"$work/origin"
  mv -- "$work/origin" "$work/$directory/origin.json"
  status=0
  # By its interpreter, so that it can say so where programs may not run.
  sh "$work/$directory/install" --home "$prefix" ${downgrade:+--downgrade} "$@" || status=$?
  [ "$status" = 0 ] && check_path
  exit "$status"
}

# Called at the end, so that a script that was cut short does nothing.
main "$@"
