#!/usr/bin/env bash
# Installs musiczoo on the machine of a TPU, where setup.sh has unpacked it.
#
#   musiczoo/tpu_scripts/install.sh --bucket=my-bucket
#
#   --bucket   is mounted at ~/bucket
#   --dry_run  only says what it would do

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
bucket=''
flags '' 'bucket' "$@"

# The machine's own Python is older than ours; uv brings one.
cd "$(dirname "$0")/.."
run python3 -m pip install --quiet --user uv
[[ -d .venv ]] || run ~/.local/bin/uv venv --quiet --python=3.11 .venv
run ~/.local/bin/uv pip install --quiet --constraint=constraints-3.11.txt \
  --editable '.[tpu,corpora]'

[[ -n $bucket ]] || exit 0
if ! command -v gcsfuse >/dev/null; then
  apt=https://packages.cloud.google.com/apt
  key=/usr/share/keyrings/gcsfuse.asc
  run sudo curl -fsSL "$apt/doc/apt-key.gpg" -o "$key"
  run sudo sh -c "echo 'deb [signed-by=$key] $apt gcsfuse-$(. /etc/os-release && echo "$VERSION_CODENAME") main' \
>/etc/apt/sources.list.d/gcsfuse.list"
  run sudo apt-get -qq update
  run sudo apt-get -qq install -y gcsfuse
fi
# What another worker has saved is seen at once: nothing of it is remembered.
run mkdir -p ~/bucket
mountpoint -q ~/bucket ||
  run gcsfuse --implicit-dirs --metadata-cache-ttl-secs=0 "$bucket" ~/bucket
