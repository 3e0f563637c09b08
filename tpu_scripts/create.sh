#!/usr/bin/env bash
# Asks for a TPU and waits until it is there.
#
#   tpu_scripts/create.sh --name=bach --zone=us-west4-a --type=v5litepod-4 --spot
#
#   --name, --zone  what it will be called, and where
#   --type          v5litepod-4 is one machine; v5litepod-16, v4-32 a slice of many
#   --spot          cheaper, and may be taken away at any time
#   --version       of the machine's software, if not the usual one of the type
#   --project       if not gcloud's own
#   --dry_run       only says what it would do
#
# A request that is there already is waited for, not made again. Ctrl-C leaves it
# in the queue. Ends with 2 where it was refused, 75 where the TPU was taken away.

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project='' type='' version='' spot=''
flags 'name zone type' 'project version spot' "$@"
place

if [[ -z $version ]]; then
  case $type in
    v6e-*) version=v2-alpha-tpuv6e ;;
    v5p-*) version=v2-alpha-tpuv5 ;;
    v5litepod-*) version=v2-alpha-tpuv5-lite ;;
    v4-*) version=tpu-ubuntu2204-base ;;
    *) die "--type=$type: give --version too, of \`gcloud compute tpus tpu-vm versions list\`" ;;
  esac
fi

if [[ -n $dry_run ]] || ! state >/dev/null 2>&1; then
  run gcloud compute tpus queued-resources create "$name" "${place[@]}" \
    "--node-id=$name" "--accelerator-type=$type" "--runtime-version=$version" \
    ${spot:+--spot}
fi

while true; do
  now=$(state)
  echo "$now"
  [[ -z $dry_run ]] || exit 0
  case $now in
    ACTIVE) exit 0 ;;
    FAILED) die "refused: \`gcloud compute tpus queued-resources describe $name\` says why" ;;
    SUSPEND*) exit 75 ;;
  esac
  sleep "${POLL:-30}"
done
