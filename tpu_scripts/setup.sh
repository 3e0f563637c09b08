#!/usr/bin/env bash
# Puts the last commit on all workers of a TPU and installs it there.
#
#   tpu_scripts/setup.sh --name=bach --zone=us-west4-a --bucket=my-bucket
#
#   --name, --zone  the TPU
#   --bucket        is mounted at ~/bucket on all workers; put workdirs there
#   --project       if not gcloud's own
#   --dry_run       only says what it would do
#
# Safe to run again: what is there is left or renewed.

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project='' bucket=''
flags 'name zone' 'project bucket' "$@"
place

archive=${TMPDIR:-/tmp}/$name.tar.gz
run git -C "$(dirname "$0")/.." archive --format=tar.gz "--output=$archive" HEAD
run gcloud compute tpus tpu-vm scp "$archive" "$name:musiczoo.tar.gz" \
  "${place[@]}" --worker=all --quiet
run rm "$archive"
on all "mkdir -p musiczoo && tar -xzf musiczoo.tar.gz -C musiczoo && \
musiczoo/tpu_scripts/install.sh${bucket:+ --bucket=$bucket}"
