#!/usr/bin/env bash
# Gives a TPU back, and all that is on its disks. What is in a bucket stays.
#
#   tpu_scripts/delete.sh --name=bach --zone=us-west4-a
#
#   --name, --zone  the TPU
#   --project       if not gcloud's own
#   --dry_run       only says what it would do

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project=''
flags 'name zone' 'project' "$@"
place

run gcloud compute tpus queued-resources delete "$name" "${place[@]}" --force \
  --quiet
