# Sourced by the scripts beside it: flags walk in, variables walk out.
# shellcheck shell=bash

set -euo pipefail

dry_run=''
rest=()  # What stands behind `--`.

die() {
  echo "error: $*" >&2
  exit 2
}

# flags 'needed ones' 'others' "$@": --name=value sets $name, --name alone sets
# it to true. The comment at the top of a script is its --help.
flags() {
  local needed=$1 known="$1 $2 dry_run" flag key
  shift 2
  while (($#)); do
    flag=$1
    shift
    case $flag in
      --) rest=("$@"); break ;;
      --help) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
      --?*) ;;
      *) die "'$flag' is no flag: see $0 --help" ;;
    esac
    key=${flag%%=*}
    key=${key#--}
    [[ " $known " == *" $key "* ]] || die "unknown flag --$key: see $0 --help"
    [[ $flag == *=* ]] || flag+='=true'
    printf -v "$key" '%s' "${flag#*=}"
  done
  for key in $needed; do
    [[ -n ${!key-} ]] || die "--$key is missing: see $0 --help"
  done
}

# The command as a line that a shell takes back.
line() {
  local word line=''
  for word; do
    [[ $word =~ ^[[:alnum:]_./:=,@%+~-]+$ ]] || word=${word@Q}
    line+="$word "
  done
  echo "${line% }"
}

# Does it, or with --dry_run says what would be done.
run() {
  if [[ -n $dry_run ]]; then line "$@"; else "$@"; fi
}

# Where the TPU is: $name and $place, the flags that say so to gcloud.
# shellcheck disable=SC2034,SC2154  # Of the script that sources this.
place() {
  place=("--zone=$zone")
  [[ -z $project ]] || place+=("--project=$project")
}

# What has become of the request for the TPU: ACTIVE, ..., or nothing.
# shellcheck disable=SC2154
state() {
  run gcloud compute tpus queued-resources describe "$name" "${place[@]}" \
    '--format=value(state.state)'
}

# A command on the workers that are named: `all`, or a number.
# shellcheck disable=SC2154
on() {
  run gcloud compute tpus tpu-vm ssh "$name" "${place[@]}" "--worker=$1" \
    "--command=$2" --quiet
}
