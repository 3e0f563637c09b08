#!/usr/bin/env bash
# Puts the last commit on all workers of a TPU and installs it.
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

root=$(cd "$(dirname "$0")/.." && pwd)
archive=musiczoo.tar.gz
run git -C "$root" archive --format=tar.gz "--output=$root/$archive" HEAD
run gcloud compute tpus tpu-vm scp "$root/$archive" "$name:$archive" \
  "${place[@]}" --worker=all
run rm "$root/$archive"

# The machines' own Python is older than ours; uv brings its own.
on all "set -e
mkdir -p musiczoo
tar -xzf $archive -C musiczoo
cd musiczoo
python3 -m pip install --quiet --user uv
[ -d .venv ] || ~/.local/bin/uv venv --quiet --python=3.11 .venv
~/.local/bin/uv pip install --quiet --constraint constraints.txt --editable '.[tpu,corpora]'"

# Others' checkpoints are seen at once: nothing is remembered of the folder.
[[ -z $bucket ]] || on all "set -e
command -v gcsfuse >/dev/null || {
  echo \"deb [signed-by=/usr/share/keyrings/gcsfuse.asc] https://packages.cloud.google.com/apt gcsfuse-\$(lsb_release -cs) main\" |
    sudo tee /etc/apt/sources.list.d/gcsfuse.list >/dev/null
  curl -fsSL https://packages.cloud.google.com/apt/doc/apt-key.gpg |
    sudo tee /usr/share/keyrings/gcsfuse.asc >/dev/null
  sudo apt-get update -qq
  sudo apt-get install -qq -y gcsfuse
}
mkdir -p bucket
mountpoint -q bucket || gcsfuse --implicit-dirs --metadata-cache-ttl-secs=0 $bucket bucket"
