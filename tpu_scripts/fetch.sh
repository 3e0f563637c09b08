#!/usr/bin/env bash
# Brings a folder of a TPU's first worker here.
#
#   tpu_scripts/fetch.sh --name=bach --zone=us-west4-a --from=bucket/lstm --to=out
#
#   --name, --zone  the TPU
#   --from          a folder there, as seen from the home folder
#   --to            a folder here, which gets a folder of that name
#   --project       if not gcloud's own
#   --dry_run       only says what it would do

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project='' from='' to=''
flags 'name zone from to' 'project' "$@"
place

run mkdir -p "$to"
run gcloud compute tpus tpu-vm scp --recurse "$name:$from" "$to" "${place[@]}" \
  --worker=0 --quiet
