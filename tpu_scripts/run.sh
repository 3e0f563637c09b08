#!/usr/bin/env bash
# Begins a command on all workers of a TPU, and leaves it there.
#
#   tpu_scripts/run.sh --name=bach --zone=us-west4-a -- \
#     python -m experiments.train --config=experiments/configs/chorales.py:lstm \
#     --workdir=../bucket/lstm
#
#   --name, --zone  the TPU
#   --project       if not gcloud's own
#   --dry_run       only says what it would do
#
# The workers find each other by themselves. Each begins the command again where
# it fails (keep.sh); a command that is running is not begun twice. See watch.sh.

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
name='' zone='' project=''
flags 'name zone' 'project' "$@"
place
((${#rest[@]})) || die "no command: write it behind --, see $0 --help"

# How an earlier command ended is no news.
on all "cd musiczoo && rm -f ~/run.status && export PATH=\$PWD/.venv/bin:\$PATH && \
(setsid nohup tpu_scripts/keep.sh --log=\$HOME/run -- $(line "${rest[@]}") \
>/dev/null 2>&1 </dev/null &)"
