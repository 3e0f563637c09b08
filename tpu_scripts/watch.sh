#!/usr/bin/env bash
# Shows what the command of run.sh does, until it ends.
#
#   tpu_scripts/watch.sh --name=bach --zone=us-west4-a
#
#   --name, --zone  the TPU
#   --project       if not gcloud's own
#   --dry_run       only says what it would do
#
# Ends with the command's status, or with 75 where the TPU was taken away. Ctrl-C
# ends the watching only.

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project=''
flags 'name zone' 'project' "$@"
place

while true; do
  # Where nobody answers, the question is asked again.
  now=$(state) || now=unknown
  echo "$now"
  if [[ $now == ACTIVE || -n $dry_run ]]; then
    said=$(on 0 "tail -n 5 run.log; echo status=\$(cat run.status)") || true
    echo "$said"
    [[ -z $dry_run ]] || exit 0
    status=${said##*status=}
    [[ ! $status =~ ^[0-9]+$ ]] || exit "$status"
  elif [[ $now != unknown ]]; then
    exit 75
  fi
  sleep "${POLL:-30}"
done
