#!/usr/bin/env bash
# All in one: asks for a TPU, trains on it, and asks again where it is taken away.
#
#   tpu_scripts/train.sh --name=bach --zone=us-west4-a --type=v5litepod-16 \
#     --spot --bucket=my-bucket -- \
#     python -m experiments.train --config=experiments/configs/chorales.py:lstm \
#     --workdir=../bucket/lstm
#
#   --name, --zone, --type, --spot, --version  see create.sh
#   --bucket   what outlives the TPU; the workdir must be in it
#   --project  if not gcloud's own
#   --dry_run  only says what it would do
#
# Safe to run again: it finds what is there. The TPU is given back at the end, but
# stays if the command failed, to be looked at.

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project='' type='' version='' spot='' bucket=''
flags 'name zone type bucket' 'project version spot' "$@"
((${#rest[@]})) || die "no command: write it behind --, see $0 --help"

# step NAME FLAGS... [-- COMMAND]: a script beside this one, for this TPU.
step() {
  local script=$1
  shift
  "$(dirname "$0")/$script.sh" "--name=$name" "--zone=$zone" \
    ${project:+"--project=$project"} ${dry_run:+--dry_run} "$@"
}

once() {
  local asked=("--type=$type" ${version:+"--version=$version"} ${spot:+--spot})
  step create "${asked[@]}" || return
  step setup "--bucket=$bucket" && step run -- "${rest[@]}" && step watch &&
    return
  # A TPU that is taken away makes any step fail, each with a status of its own.
  local status=$?
  ((status == 75)) || step create "${asked[@]}" >/dev/null || status=$?
  return "$status"
}

status=75
while ((status == 75)); do
  status=0
  once || status=$?
  if ((status == 0 || status == 75)); then step delete; fi
done
exit "$status"
